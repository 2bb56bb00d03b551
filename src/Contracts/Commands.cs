namespace Platform.Contracts;

/// <summary>Registry to Installer: fetch, build and store this connector. A repeated id gets the same answer.</summary>
/// <param name="UpdateFrom">Given for an update by <see cref="Manifest.UpdateCommand"/>, which then runs in that version's files; null: everything anew.</param>
/// <param name="Pin">What the source must be, by a lock file; null: whatever is there now.</param>
public sealed record InstallConnector(
    Guid InstallId, string Connector, Manifest Manifest, InstalledVersion? UpdateFrom = null, SourcePin? Pin = null);

/// <summary>A version that is installed already.</summary>
/// <param name="Digest">Of its bundle.</param>
public sealed record InstalledVersion(string Digest, string? SourceRevision);

/// <summary>What an install must find; null members bind nothing.</summary>
/// <param name="SourceRevision">The commit of a VCS source; it is fetched instead of the manifest's ref.</param>
/// <param name="SourceDigest">See <see cref="InstallFinished.SourceDigest"/>.</param>
/// <param name="Digest">Of the bundle: another one is the warning <c>bundle_differs</c>, since builds are seldom reproducible.</param>
/// <param name="Strict">Another bundle digest fails the install.</param>
public sealed record SourcePin(string? SourceRevision, string? SourceDigest, string? Digest, bool Strict);

/// <summary>Registry to Installer: end this install. Sent again until it is answered as any install is; one that was finished stays so.</summary>
public sealed record CancelInstall(Guid InstallId);

/// <summary>Installer to Registry: the final answer to <see cref="InstallConnector"/>.</summary>
/// <param name="Digest">sha256 of the bundle, 64 hex digits; null when failed.</param>
/// <param name="SourceRevision">What exactly was fetched: the commit of a VCS source; null where the source has none.</param>
/// <param name="SourceDigest">sha256, 64 hex digits, of the file that an HTTP source gave, or of a Local source's files packed as a bundle; null for VCS.</param>
/// <param name="Warnings">What a person should know of a success.</param>
/// <param name="Cancelled">It was ended by <see cref="CancelInstall"/>; then it did not succeed.</param>
public sealed record InstallFinished(
    Guid InstallId, bool Succeeded, string? Digest, long? SizeBytes, string? SourceRevision, InstallError? Error,
    string? SourceDigest = null, IReadOnlyList<InstallWarning>? Warnings = null, bool Cancelled = false);

/// <summary>Installer to Registry: the install reached a stage (fetching, building, packing) or got on in it. News only, at most once a second, may be lost.</summary>
/// <param name="DoneBytes">Bytes of a download so far; null where nothing is counted.</param>
/// <param name="TotalBytes">Bytes that it will have; null when unknown.</param>
public sealed record InstallProgressed(Guid InstallId, string Stage, long? DoneBytes = null, long? TotalBytes = null)
{
    /// <summary>When it was so. Messages overtake each other: what is older than what is known already says nothing.</summary>
    public DateTimeOffset At { get; init; } = DateTimeOffset.UtcNow;
}

/// <summary>Why an install failed, fit for its user.</summary>
/// <param name="Command">The command that failed, when one did.</param>
/// <param name="OutputTail">The end of that command's output, at most 8 KiB.</param>
public sealed record InstallError(
    string Code, string Message, string? Remedy = null, string? Command = null, int? ExitCode = null, string? OutputTail = null);

/// <summary>What a person should know of an install that succeeded.</summary>
public sealed record InstallWarning(string Code, string Message, string? Remedy = null);

/// <summary>Runner to any Runner: there is a queued run. A wake-up only; the row is the queue.</summary>
public sealed record RunQueued(Guid RunId);
