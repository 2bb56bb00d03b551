using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer.Images;

/// <summary>Ways in which what has to do with images fails, whoever needs them.</summary>
internal static class ImageErrors
{
    public static InstallFailedException Of(Problem problem) => new(new(problem.Code, problem.Detail, problem.Remedy));

    public static InstallFailedException EngineNeeded(Problem problem, string why) => new(new(ContainerEngine.Unavailable, $"{problem.Detail} It is needed because {why}.", problem.Remedy));

    public static InstallFailedException EngineRefused(string what, string words) => new(new("container_engine_failed",
        $"The container engine does not {what}: {words.TrimEnd('.')}.", "See the engine's own log if its words don't say why."));

    public static InstallFailedException DockerIgnoreInvalid(string file, int line, string pattern) => new(new("dockerignore_invalid",
        $"{file}, line {line}: '{pattern}' is no pattern.", "Patterns have *, ?, ** and [a-z]; a backslash takes the meaning from the next character."));

    public static InstallFailedException NeedsBuildKit(string dockerfile, IEnumerable<string> needs, string why) => new(new("buildkit_needed",
        $"{dockerfile} needs BuildKit, which the container engine does not have ({why.TrimEnd('.')}): {string.Join("; ", needs)}.",
        "Write it for the classic builder; use an engine with BuildKit; or build the image elsewhere (docker buildx build), load it into the engine, and install that (source Image)."));

    public static InstallFailedException BaseImagesUnavailable(string dockerfile, IEnumerable<string> images) => new(new("base_image_unavailable",
        $"{dockerfile} needs images that the container engine neither has nor can pull: {string.Join("; ", images)}.",
        "Load them into the engine (docker load, docker import), let it reach their registry, or build FROM scratch."));

    public static InstallFailedException BuildFailed(string why, string output) => new(new("image_build_failed",
        $"The image can't be built: {why.TrimEnd('.')}.", "The end of the build's output says why; the whole is in its log. The version in use stays.",
        "docker build", null, output));

    public static InstallFailedException BuildTimedOut(TimeSpan limit, string output) => new(new("image_build_timed_out",
        $"The image was not built within {limit}.", "Make the build faster, or raise Install:ImageTimeLimit.", "docker build", null, output));

    public static InstallFailedException BuildInterrupted() => new(new("installer_interrupted",
        "The Installer ended in the middle of this build.", "Ask for it again; what was built so far, the engine still has."));

    public static ProblemException InvalidBuild(IReadOnlyList<FieldError> errors) => new(new("invalid_build", 422,
        "The build has errors", $"The request has {(errors.Count == 1 ? "an error" : $"{errors.Count} errors")}.", "Correct every field named under errors and send it again.", errors));

    public static ProblemException UnknownBuild(Guid id) => new(new("unknown_build", 404,
        "Unknown build", $"There is no build {id} here.", "Only the last ones are kept. Build again: what has not changed is not built twice."));

    public static InstallFailedException PullTimedOut(string image, TimeSpan limit) => new(new("image_pull_timed_out",
        $"The image {image} was not pulled within {limit}.", "Pull it into the engine beforehand, or raise Install:ImageTimeLimit."));

    public static InstallFailedException ImageUnavailable(string image, string why, string where = "the manifest's uri") => new(new("image_unavailable",
        $"The container engine has no image {image}, and can't pull it: {why.TrimEnd('.')}.",
        $"Check {where}; load the image into the engine (docker load, docker import), or let it reach the image's registry."));
}
