using System.Text.Json;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>An install as the API shows it.</summary>
/// <param name="Kind">install, update or restore (of a lock file).</param>
/// <param name="State">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Stage">What the install is at, while it runs: fetching, building, packing, checking.</param>
/// <param name="DoneBytes">Bytes of a download so far; null where nothing is counted.</param>
/// <param name="TotalBytes">Bytes that it will have; null when unknown.</param>
/// <param name="Version">The version that this install made, or found to be the same; null until it is being checked.</param>
/// <param name="Warnings">What a person should know of a success; mostly empty.</param>
public sealed record InstallView(
    Guid Id, string Connector, string Kind, string State, string? Stage, long? DoneBytes, long? TotalBytes, int? Version, string? Digest,
    DateTime CreatedAt, DateTime? FinishedAt, InstallError? Error, IReadOnlyList<InstallWarning> Warnings);

internal sealed record InstallRow(
    Guid Id, string Connector, string Kind, string State, string? Stage, long? DoneBytes, long? TotalBytes, int? Version, string? Digest,
    DateTime CreatedAt, DateTime? FinishedAt, string? Error, string? Warnings)
{
    public const string Columns =
        "id, connector, kind, state, stage, done_bytes, total_bytes, version, digest, created_at, finished_at, error, warnings";

    public InstallView View => new(
        Id, Connector, Kind, State, Stage, DoneBytes, TotalBytes, Version, Digest, CreatedAt, FinishedAt,
        Error is null ? null : JsonSerializer.Deserialize<InstallError>(Error, PlatformJson.Options),
        Warnings is null ? [] : JsonSerializer.Deserialize<InstallWarning[]>(Warnings, PlatformJson.Options)!);
}
