using Platform.Contracts;
using Platform.Installer.Build;
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
    /// <summary>What an exception means to who asked for the work; null: a fault of this service.</summary>
    public static InstallError? Known(Exception e) => e switch
    {
        InstallFailedException failed => failed.Error,
        IOException { HResult: Posix.NoSpace } => DiskFull().Error,
        UnauthorizedAccessException => Unreadable().Error,
        _ => null,
    };

    public static InstallFailedException SourceUnsupported(string source) => Failure("source_unsupported",
        $"There are no sources of kind '{source}'.", "Use HTTP (a file or archive), VCS (a git URL), Local (a file or folder below Local:Roots), for described services and packaged connectors Image, or for described services Server.");

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
        "Correct the manifest's ref, or leave it out to take the default branch; of a lock file, correct the source_revision.");

    public static InstallFailedException SubdirNotFound(string subdir, string why) => Failure("subdir_not_found",
        $"The manifest's subdir '{subdir}' {why}.", "Give a folder of the repository or archive, relative to its root, without '..'.");

    public static InstallFailedException GitFailed(string command, int exitCode, string output) => Failure("git_failed",
        $"git ended with exit code {exitCode}.", "Check the manifest's uri, and that this machine may read the repository.", command, exitCode, output);

    public static InstallFailedException GitTimedOut(string command, TimeSpan limit, string output) => Failure("git_timed_out",
        $"git did not end within {limit}.", "Try again, or raise Install:GitTimeLimit.", command, null, output);

    public static InstallFailedException OutboundRefused(Problem problem) => Failure(problem.Code, problem.Detail, problem.Remedy);

    public static InstallFailedException CommandFailed(string kind, string command, int exitCode, string output) => Failure("install_command_failed",
        $"The {kind} command ended with exit code {exitCode}.", "The end of its output says why; the whole is in the install's log.", command, exitCode, output);

    public static InstallFailedException CommandTimedOut(string kind, string command, TimeSpan limit, string output) => Failure("install_command_timed_out",
        $"The {kind} command did not end within {limit} and was stopped.", "Make it faster, or raise Install:CommandTimeLimit.", command, null, output);

    public static InstallFailedException CommandExceeded(string kind, string command, Excess excess, InstallOptions limits, string output) => excess switch
    {
        Excess.Memory => Failure("install_command_out_of_memory",
            $"The {kind} command's processes took more than {limits.CommandMemoryBytes} bytes of memory together and were stopped.",
            "Make it smaller (fewer parallel jobs), or raise Install:CommandMemoryBytes.", command, null, output),
        Excess.Processes => Failure("install_command_too_many_processes",
            $"The {kind} command had more than {limits.CommandProcesses} processes at once and was stopped.",
            "Start fewer at a time, or raise Install:CommandProcesses.", command, null, output),
        Excess.Disk => Failure("install_command_out_of_disk",
            $"What the {kind} command wrote to its folder and to /tmp took more than {limits.CommandDiskBytes} bytes together, and it was stopped.",
            "Make it write less, or raise Install:CommandDiskBytes.", command, null, output),
        _ => Failure("install_command_out_of_disk",
            $"While the {kind} command ran, less than {limits.MinFreeBytes} bytes were left on the disk of Data:Directory, and it was stopped.",
            "Free space on that disk, or lower Install:MinFreeBytes.", command, null, output),
    };

    public static InstallFailedException TooLittleSpace(string kind, long bytes) => Failure("disk_full",
        $"Less than {bytes} bytes are left where the Installer keeps its files, so the {kind} command was not started.",
        "Free space on the disk of Data:Directory and install again, or lower Install:MinFreeBytes.");

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

    public static InstallFailedException BundleDigestMismatch(string pinned, string found) => Failure("bundle_digest_mismatch",
        $"The bundle's digest is {found}, but the lock document, applied strictly, pins {pinned}.", BundleDiffersRemedy);

    public static InstallWarning BundleDiffers(string pinned, string found) => new("bundle_differs",
        $"The bundle's digest is {found}, the lock document has {pinned}: the source is the pinned one as far as it is pinned, but what was made of it differs.",
        "Nothing has to be done if the install command does not give the same bytes each time, as most don't. To refuse such a bundle, apply the lock document with strict.");

    public static InstallFailedException UpdateBaseMissing(string digest, string why) => Failure("update_base_missing",
        $"The bundle {digest}, whose files the update command was to run in, {why}.", "Install the connector again; that fetches and builds everything anew.");

    public static InstallFailedException Cancelled() => Failure("install_cancelled", "The install was cancelled.", "Nothing of it was kept; install again when you want it.");

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

    public static InstallFailedException PlatformUnsupported(string platform, IEnumerable<string> platforms) => Failure("platform_unsupported",
        $"The connector does not run on this machine, which is {platform}; its manifest names {string.Join(", ", platforms)}.",
        "Install it on such a machine, or add this one to the manifest's platforms if it does run here.");

    public static InstallFailedException SourceDigestMismatch(string where, string expected, string actual, string by) => Failure("source_digest_mismatch",
        $"{where} has the sha256 {actual}, but {by} wants {expected}.", "It is another file than the one that was pinned. Find out why before you change the pin.");

    public static InstallFailedException BadHttpUrl(string why) => Failure("http_bad_url",
        $"The manifest's uri is not a URL that can be downloaded: {why}.", "Use https://host/path or http://host/path, without user name or password.");

    public static InstallFailedException DownloadUnreachable(string where, string why) => Failure("download_unreachable",
        $"{where} can't be reached: {why}", "Check the manifest's uri and the network of the Installer's machine, then install again.");

    public static InstallFailedException DownloadTlsFailed(string where, string why) => Failure("download_tls_failed",
        $"There is no trusted TLS connection to {where}: {why}", "The server needs a certificate that the Installer's machine trusts, for this host name.");

    public static InstallFailedException DownloadNotFound(string where, int status) => Failure("download_not_found",
        $"{where} does not exist: the server answered {status}.", "Correct the manifest's uri.");

    public static InstallFailedException DownloadDenied(string where, int status) => Failure("download_denied",
        $"The server does not give out {where}: it answered {status}.", "Use a URL that can be fetched without signing in; one whose query holds a token may have expired.");

    public static InstallFailedException DownloadServerError(string where, int status) => Failure("download_server_error",
        $"The server of {where} answered {status}.", "Install again later; the fault is the server's.");

    public static InstallFailedException DownloadBadStatus(string where, int status) => Failure("download_bad_status",
        $"The server of {where} answered {status} where 200 was expected.", "Correct the manifest's uri.");

    public static InstallFailedException DownloadCut(string where, long received, long? total) => Failure("download_cut",
        $"The connection to {where} ended after {received} of {total?.ToString() ?? "an unknown number of"} bytes.", "Install again; if it goes on, raise Install:DownloadAttempts.");

    public static InstallFailedException DownloadStalled(string where, TimeSpan limit, long received) => Failure("download_stalled",
        $"{where} sent nothing for {limit}, after {received} bytes.", "Install again later, or raise Install:DownloadIdleLimit.");

    public static InstallFailedException DownloadTimedOut(string where, TimeSpan limit, long received) => Failure("download_timed_out",
        $"{where} was not here within {limit}; {received} bytes were.", "Install again, or raise Install:DownloadTimeLimit.");

    public static InstallFailedException DownloadTooLarge(string where, long limit) => Failure("download_too_large",
        $"{where} is larger than {limit} bytes.", "Leave out what the connector doesn't need, or raise Install:MaxBytes.");

    public static InstallFailedException DownloadEmpty(string where) => Failure("download_empty",
        $"{where} is empty.", "Correct the manifest's uri, or the file.");

    public static InstallFailedException DownloadChanged(string where, long before, long now) => Failure("download_changed",
        $"{where} changed while it was downloaded: it had {before} bytes, then {now}.", "Install again when it is settled.");

    public static InstallFailedException DownloadBadRange(string where) => Failure("download_bad_range",
        $"The server of {where} answered another part of the file than was asked for.", "Install again; the fault is the server's.");

    public static InstallFailedException DownloadTooLong(string where, long total) => Failure("download_too_long",
        $"{where} has more than the {total} bytes that its server had promised.", "Install again; the fault is the server's.");

    public static InstallFailedException DownloadIsHtml(string where) => Failure("download_is_html",
        $"{where} is a web page, not a program or archive.", "Use the address of the file itself; a page for signing in or for people often stands in its place.");

    public static InstallFailedException ArchiveBadEntries(IReadOnlyList<string> entries) => Failure("archive_bad_entries",
        $"The archive holds what is not unpacked: {string.Join("; ", entries)}.",
        "A downloaded archive may hold only files and folders, below its root, each once, with names in UTF-8. Pack it again without the rest.");

    public static InstallFailedException ArchiveBomb(long bytes, long limit) => Failure("archive_bomb",
        $"The archive of {bytes} bytes unpacks to more than {limit} bytes.", "No ordinary archive does so. If this one is meant to, raise Install:MaxUnpackRatio.");

    public static InstallFailedException ArchiveDamaged(string kind, string why) => Failure("archive_damaged",
        $"The {kind} archive can't be unpacked: {why}", "Make the archive anew, and see that it unpacks elsewhere.");

    public static InstallFailedException ArchiveUnsupported(string kind) => Failure("archive_unsupported",
        $"The download is a {kind} file, which can't be unpacked.", "Publish it as .zip, .tar, .tar.gz or .tar.xz.");

    public static InstallFailedException ArchiveTimedOut(TimeSpan limit) => Failure("archive_timed_out",
        $"The archive was not unpacked within {limit}.", "Make it smaller, or raise Install:UnpackTimeLimit.");

    public static InstallFailedException XzMissing() => Failure("xz_missing",
        "The download is a .tar.xz, but the Installer's machine has no program xz.", "Install xz (Debian: xz-utils) there, or publish a .tar.gz.");

    private const string BundleDiffersRemedy =
        "Builds are seldom the same to the byte (times, paths, newer dependencies). Apply the lock document without strict to accept this bundle, or make the install command reproducible.";

    private static InstallFailedException Failure(
        string code, string message, string? remedy, string? command = null, int? exitCode = null, string? output = null) =>
        new(new InstallError(code, message, remedy, command, exitCode, output));
}
