using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer.Packages.Commands;

/// <summary>Ways in which running a package's command fails.</summary>
internal static class CommandErrors
{
    public static ProblemException Invalid(IReadOnlyList<FieldError> errors) => new(new("invalid_package_command", 422,
        "The request has errors", $"The request has {(errors.Count == 1 ? "an error" : $"{errors.Count} errors")}.", "Correct every field named under errors and send it again.", errors));

    /// <summary>What keeps a command from being run at all; what the command itself did wrong is in the answer instead.</summary>
    public static ProblemException Problem(InstallError error) => new(new(error.Code,
        error.Code switch { ContainerEngine.Unavailable or "installer_stopping" => 503, "folder_busy" or "folder_changed" => 409, _ => 422 },
        "The command was not run, or its result not used", error.Message, error.Remedy));

    public static InstallFailedException NoPackage(string where) => new(new("metadata_missing",
        $"{where} has no {ConnectorMetadata.FileName}, and so is no package of a connector.", "Name the root of a package: the folder that has it."));

    /// <param name="unusable">Why the one that stands there can't be used; null: none does.</param>
    public static InstallFailedException NoCommand(string where, string command, string? unusable) => unusable is null
        ? new(new("command_missing", $"The package {where} has no command {command}.", $"Declare it under commands in {ConnectorMetadata.FileName}, or do without it."))
        : new(new("command_unusable", $"The command {command} of the package {where} can't be used: {unusable}.", $"Correct it in {ConnectorMetadata.FileName}."));

    public static InstallFailedException NothingToValidate(string where) => new(new("command_missing",
        $"The package {where} has no command {PackageCommands.Print}, and no image before it is built.", "Build it (image build), and validate the image."));

    public static InstallFailedException NoServe(string image, IEnumerable<string> command) => new(new("command_unclear",
        $"The image {image} has no entrypoint, and its command ({string.Join(' ', command)}) has no 'serve' in whose place {PackageCommands.Print} could stand.",
        "Give the image an entrypoint, or validate a package whose metadata has the command."));

    public static InstallFailedException Stopping() => new(new("installer_stopping",
        "The Installer is being ended; the command was broken off, and nothing has changed.", "Try again once it runs."));

    public static InstallFailedException FolderBusy(string folder) => new(new("folder_busy",
        $"Another command is changing {folder}.", "Wait for its end."));

    public static InstallFailedException FolderChanged(string folder) => new(new("folder_changed",
        $"{folder} was changed by somebody else while the command ran; nothing of what the command did was taken over.", "Try again when nobody edits it."));

    public static InstallFailedException CopyFailed(string folder, string words) => new(new("folder_not_copied",
        $"{folder} can't be copied beside itself: {words}.", "Let the Installer's user read all of it and write into the folder above, and see that there is space."));

    public static InstallFailedException CannotSwap(string folder, string why) => new(new("folder_not_swapped",
        $"{folder} and its new version can't change places ({why}); nothing has changed.",
        "It must not be a mount of its own, and its file system has to know the exchange of two names (ext4, xfs, btrfs and tmpfs do)."));

    public static InstallFailedException BadLinks(IReadOnlyList<string> links) => new(new("links_lead_out",
        $"The command made links that lead out of the folder: {string.Join("; ", links)}; nothing of what it did was taken over.", "Have it make files instead."));

    public static InstallFailedException NotNewer(string folder, string current, string target) => new(new("package_not_newer",
        $"{folder} has version {current} of the package already, and the target is {target}.", "Name a newer version; going back is done from a copy, or from version control."));

    public static InstallWarning NoUpgrade(string where) => new("no_upgrade_command",
        $"The package {where} has no command {PackageCommands.Upgrade}: its definition is put in place, and the configuration stays as it is.", "See the connector's documentation whether the configuration has to be changed by hand.");

    public static InstallWarning OtherGeneration(string metadata, string version) => new("spec_generation_differs",
        $"The metadata says NDC {metadata}, but the connector's capabilities say {version}.", "Correct ndcSpecGeneration in the metadata.");

    public static InstallError Failed(string kind, string command, int exitCode, string output) => new("package_command_failed",
        $"The command {kind} ended with exit code {exitCode}.", "The end of its output says why.", command, exitCode, output);

    public static InstallError NotStarted(string kind, string command, string words) => new("package_command_not_started",
        $"The command {kind} can't be started: {words.TrimEnd('.')}.", "Check the image's entrypoint and the command's arguments.", command);

    public static InstallError OutputTooLarge(string kind, string command, long bytes) => new("package_command_output_too_large",
        $"The command {kind} wrote more than {bytes} bytes to its standard output.", "It must print the schema and the capabilities and nothing else.", command);

    public static InstallError BadOutput(string command, string why, string output) => new("package_command_bad_output", why,
        "Standard output must be one JSON object with schema and capabilities as the server would answer them; words for people belong on standard error.", command, 0, output);

    /// <summary>One that installs know too, by its name here.</summary>
    public static InstallError Of(InstallFailedException e) => e.Error with { Code = e.Error.Code.Replace("install_command_", "package_command_", StringComparison.Ordinal) };
}
