using Platform.Contracts;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>Ways in which the install of a described service fails, beside those of <see cref="Errors"/>.</summary>
internal static class ServiceErrors
{
    public static InstallFailedException DescriptionMissing(IEnumerable<string> places) => new(new("description_missing",
        $"There is no description of the service; looked for were {string.Join(", ", places)}.",
        "Put an oms.yml at the root of the source, or name the file in the manifest's described_by. With subdir, the root is that folder."));

    public static InstallFailedException DescriptionNoFile(string path, string why) => new(new("description_missing",
        $"The description {path} {why}.", "Make it an ordinary file, or name another one in the manifest's described_by."));

    public static InstallFailedException DescriptionInvalid(OmsFormatException e) => new(new("description_invalid",
        $"{e.FileName}{(e.Line == 0 ? "" : $", line {e.Line}, column {e.Column}")}: {e.Message} ({e.Code})", e.Remedy));

    public static InstallFailedException NothingUsable(string path, IReadOnlyList<string> reasons) => new(new("nothing_usable",
        reasons.Count == 0 ? $"{path} declares no actions." : $"None of the actions of {path} can be used: {string.Join("; ", reasons)}.",
        $"Mend the description; ./platform oms check {path} prints all that is wrong with it, without an install."));

    public static InstallFailedException ReservedFolder() => new(new("reserved_folder",
        "The source has a folder .platform, which is the platform's own in a bundle.", "Rename it, or let the install command remove it."));

    public static InstallWarning NoEngine(string address) => new("no_container_engine",
        $"The source has a Dockerfile, but no container engine answers at {address}: the service will run as a process in the sandbox, from the files that the install command left.",
        "To have it in a container, start an engine and install again.");

    public static InstallWarning NothingListens() => new("nothing_started",
        "The description has actions that reach the service at a port, but no lifecycle.startup.command, and there is no image: nothing will listen there.",
        "Add lifecycle.startup.command, or a Dockerfile.");
}
