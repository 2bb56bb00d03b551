using Platform.Contracts;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Installer.Services;

/// <summary>Ways in which the install of a described service fails, beside those of <see cref="Errors"/>.</summary>
internal static class ServiceErrors
{
    public static InstallFailedException Of(Problem problem) => new(new(problem.Code, problem.Detail, problem.Remedy));

    public static InstallFailedException EngineNeeded(Problem problem, string why) => new(new(ContainerEngine.Unavailable, $"{problem.Detail} It is needed because {why}.", problem.Remedy));

    public static InstallFailedException EngineRefused(string what, string words) => new(new("container_engine_failed",
        $"The container engine does not {what}: {words.TrimEnd('.')}.", "See the engine's own log if its words don't say why."));

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

    public static InstallFailedException DockerIgnoreInvalid(int line, string pattern) => new(new("dockerignore_invalid",
        $".dockerignore, line {line}: '{pattern}' is no pattern.", "Patterns have *, ?, ** and [a-z]; a backslash takes the meaning from the next character."));

    public static InstallFailedException BaseImagesUnavailable(IEnumerable<string> images) => new(new("base_image_unavailable",
        $"The Dockerfile needs images that the container engine neither has nor can pull: {string.Join("; ", images)}.",
        "Load them into the engine (docker load, docker import), let it reach their registry, or build FROM scratch."));

    public static InstallFailedException BuildFailed(string why, string output) => new(new("image_build_failed",
        $"The image can't be built: {why.TrimEnd('.')}.", "The end of the build's output says why; the whole is in the install's log. The version in use stays.",
        "docker build", null, output));

    public static InstallFailedException BuildTimedOut(TimeSpan limit, string output) => new(new("image_build_timed_out",
        $"The image was not built within {limit}.", "Make the build faster, or raise Install:ImageTimeLimit.", "docker build", null, output));

    public static InstallFailedException PullTimedOut(string image, TimeSpan limit) => new(new("image_pull_timed_out",
        $"The image {image} was not pulled within {limit}.", "Pull it into the engine beforehand, or raise Install:ImageTimeLimit."));

    public static InstallFailedException ImageUnavailable(string image, string why) => new(new("image_unavailable",
        $"The container engine has no image {image}, and can't pull it: {why.TrimEnd('.')}.",
        "Check the manifest's uri; load the image into the engine (docker load, docker import), or let it reach the image's registry."));

    public static InstallWarning NoEngine(string address) => new("no_container_engine",
        $"The source has a Dockerfile, but no container engine answers at {address}: the service will run as a process in the sandbox, from the files that the install command left.",
        "To have it in a container, start an engine and install again.");

    public static InstallWarning NothingListens() => new("nothing_started",
        "The description has actions that reach the service at a port, but no lifecycle.startup.command, and there is no image: nothing will listen there.",
        "Add lifecycle.startup.command, or a Dockerfile.");
}
