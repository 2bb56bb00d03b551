using System.Text.Json;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>An install as the API shows it.</summary>
/// <param name="State">queued, running, succeeded or failed.</param>
/// <param name="Stage">What the install is at, while it runs: fetching, building, packing.</param>
/// <param name="Version">The version that this install made, or found to be the same; null until it succeeded.</param>
public sealed record InstallView(
    Guid Id, string Connector, string State, string? Stage, int? Version, string? Digest,
    DateTime CreatedAt, DateTime? FinishedAt, InstallError? Error);

internal sealed record InstallRow(
    Guid Id, string Connector, string State, string? Stage, int? Version, string? Digest,
    DateTime CreatedAt, DateTime? FinishedAt, string? Error)
{
    public const string Columns = "id, connector, state, stage, version, digest, created_at, finished_at, error";

    public InstallView View => new(Id, Connector, State, Stage, Version, Digest, CreatedAt, FinishedAt,
        Error is null ? null : JsonSerializer.Deserialize<InstallError>(Error, PlatformJson.Options));
}
