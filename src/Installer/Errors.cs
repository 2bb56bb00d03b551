using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer;

/// <summary>An install can't go on; what its user is told.</summary>
internal sealed class InstallFailedException(InstallError error) : Exception(error.Message)
{
    public InstallError Error { get; } = error;
}

/// <summary>Every way in which an install or a request fails.</summary>
internal static class Errors
{
    public static InstallFailedException SourceUnsupported(string source) => Failure("source_unsupported",
        $"Sources of kind '{source}' can't be installed yet.", "Use a VCS source (a git URL) or a Local source (a file or folder below Local:Roots).");

    public static InstallFailedException LocalNotAllowed(string path, string why) => Failure("local_not_allowed",
        $"'{path}' may not be installed: {why}.", "Put the source below one of the folders in Local:Roots (the checkout, unless configured), or add its folder there: ./platform up --local-root FOLDER.");

    public static InstallFailedException LocalNotFound(string path) => Failure("local_not_found",
        $"There is no file or folder '{path}' on the Installer's machine.", "Check the manifest's uri; it must be an absolute path.");

    public static InstallFailedException BadGitUrl(string why) => Failure("git_bad_url",
        $"The manifest's uri is not a git URL that can be fetched: {why}.", "Use https://host/path, ssh://user@host/path, user@host:path or file:///absolute/path.");

    public static InstallFailedException BadRef(string reference) => Failure("ref_not_found",
        $"'{reference}' can't be the name of a branch, tag or commit.", "Correct the manifest's ref.");

    public static InstallFailedException RefNotFound(string? reference) => Failure("ref_not_found",
        reference is null ? "The repository has no default branch; it may be empty." : $"The repository has no branch, tag or commit '{reference}'.",
        "Correct the manifest's ref, or leave it out to take the default branch.");

    public static InstallFailedException SubdirNotFound(string subdir, string why) => Failure("subdir_not_found",
        $"The manifest's subdir '{subdir}' {why}.", "Give a folder of the repository, relative to its root, without '..'.");

    public static InstallFailedException GitFailed(string command, int exitCode, string output) => Failure("git_failed",
        $"git ended with exit code {exitCode}.", "Check the manifest's uri, and that this machine may read the repository.", command, exitCode, output);

    public static InstallFailedException GitTimedOut(string command, TimeSpan limit, string output) => Failure("git_timed_out",
        $"git did not end within {limit}.", "Try again, or raise Install:GitTimeLimit.", command, null, output);

    public static InstallFailedException OutboundRefused(Problem problem) => Failure(problem.Code, problem.Detail, problem.Remedy);

    public static InstallFailedException CommandFailed(string command, int exitCode, string output) => Failure("install_command_failed",
        $"The install command ended with exit code {exitCode}.", "The end of its output says why; the whole is in the install's log.", command, exitCode, output);

    public static InstallFailedException CommandTimedOut(string command, TimeSpan limit, string output) => Failure("install_command_timed_out",
        $"The install command did not end within {limit} and was stopped.", "Make it faster, or raise Install:CommandTimeLimit.", command, null, output);

    public static InstallFailedException CommandOutOfMemory(string command, long bytes, string output) => Failure("install_command_out_of_memory",
        $"The install command's processes took more than {bytes} bytes of memory together and were stopped.", "Make it smaller (fewer parallel jobs), or raise Install:CommandMemoryBytes.", command, null, output);

    public static InstallFailedException TooLarge(long bytes) => Failure("bundle_too_large",
        $"The files together are larger than {bytes} bytes.", "Leave out what the connector doesn't need, or raise Install:MaxBytes.");

    public static InstallFailedException TooManyFiles(int count) => Failure("bundle_too_large",
        $"There are more than {count} files and folders.", "Leave out what the connector doesn't need, or raise Install:MaxFiles.");

    public static InstallFailedException PathTooLong(string path, int bytes) => Failure("bundle_too_large",
        $"A path is longer than {bytes} bytes: '{path[..Math.Min(path.Length, 80)]}…'.", "Shorten the names of folders and files.");

    public static InstallFailedException BadLinks(IReadOnlyList<string> links) => Failure("bundle_bad_link",
        $"Links must stay inside the connector's folder or point below /usr: {string.Join("; ", links)}.", "Replace these links by files, or remove them.");

    public static InstallFailedException BadFile(string path, string why) => Failure("bundle_bad_file",
        $"'{path}' {why}.", "A connector consists of files, folders and links with names in UTF-8.");

    public static InstallFailedException Unreadable() => Failure("bundle_bad_file",
        "A file or folder of the source may not be read by the Installer.", "Give the Installer's user the right to read all of it.");

    public static InstallFailedException DiskFull() => Failure("disk_full",
        "There is no space left where the Installer keeps its files.", "Free space on the disk of Data:Directory and install again.");

    public static InstallFailedException Interrupted(int attempts) => Failure("installer_interrupted",
        $"The Installer ended {attempts} times in the middle of this install.", "See the Installer's log and the memory of its machine, then install again.");

    public static InstallFailedException Internal(string step) => Failure("internal_error",
        $"The Installer failed while {step}.", "See the Installer's log under this install's id.");

    public static ProblemException UnknownInstall(Guid id) => new(new Problem("unknown_install", 404,
        "Unknown install", $"There is no install {id} here.", "Its log appears when the install starts; see GET /v1/installs/{id}."));

    public static ProblemException UnknownBundle(string digest) => new(new Problem("unknown_bundle", 404,
        "Unknown bundle", $"The store has no bundle '{(digest.Length > 64 ? digest[..64] : digest)}'.", "Install the connector again."));

    public static ProblemException BadOffset(long offset, long length) => new(new Problem("bad_offset", 400,
        "Bad offset", $"The bundle has {length} bytes, the offset was {offset}.", "Begin again at 0."));

    private static InstallFailedException Failure(
        string code, string message, string? remedy, string? command = null, int? exitCode = null, string? output = null) =>
        new(new InstallError(code, message, remedy, command, exitCode, output));
}
