namespace Platform.Contracts;

/// <summary>Registry to Installer: fetch, build and store this connector. A repeated id gets the same answer.</summary>
public sealed record InstallConnector(Guid InstallId, string Connector, Manifest Manifest);

/// <summary>Installer to Registry: the final answer to <see cref="InstallConnector"/>.</summary>
/// <param name="Digest">sha256 of the bundle, 64 hex digits; null when failed.</param>
/// <param name="SourceRevision">What exactly was fetched: the commit of a VCS source; null where the source has none.</param>
public sealed record InstallFinished(
    Guid InstallId, bool Succeeded, string? Digest, long? SizeBytes, string? SourceRevision, InstallError? Error);

/// <summary>Installer to Registry: the install reached a stage (fetching, building, packing). News only, may be lost.</summary>
public sealed record InstallProgressed(Guid InstallId, string Stage);

/// <summary>Why an install failed, fit for its user.</summary>
/// <param name="Command">The command that failed, when one did.</param>
/// <param name="OutputTail">The end of that command's output, at most 8 KiB.</param>
public sealed record InstallError(
    string Code, string Message, string? Remedy = null, string? Command = null, int? ExitCode = null, string? OutputTail = null);

/// <summary>Runner to any Runner: there is a queued run. A wake-up only; the row is the queue.</summary>
public sealed record RunQueued(Guid RunId);
