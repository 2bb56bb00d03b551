using System.Text.Json;
using System.Text.Json.Serialization;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

internal enum InstallState { Queued, Running, Succeeded, Failed, Cancelled }

/// <summary>One install as <c>installs/&lt;id&gt;/status</c> keeps it: enough to begin again, and the answer once there is one.</summary>
/// <param name="Attempt">How often it was begun; more than once only after this service died in it.</param>
/// <param name="TraceParent">W3C trace context of the command, so that a resumed install stays in its trace.</param>
/// <param name="Answered">The broker confirmed the answer.</param>
/// <param name="UpdateFrom">See <see cref="InstallConnector.UpdateFrom"/>.</param>
/// <param name="Pin">See <see cref="InstallConnector.Pin"/>.</param>
internal sealed record InstallStatus(
    Guid InstallId,
    Manifest Manifest,
    string Connector,
    DateTimeOffset AcceptedAt,
    string? TraceParent,
    InstallState State = InstallState.Queued,
    string? Stage = null,
    int Attempt = 0,
    string? Digest = null,
    long? SizeBytes = null,
    string? SourceRevision = null,
    InstallError? Error = null,
    DateTimeOffset? FinishedAt = null,
    bool Answered = false,
    InstalledVersion? UpdateFrom = null,
    SourcePin? Pin = null,
    string? SourceDigest = null,
    IReadOnlyList<InstallWarning>? Warnings = null)
{
    [JsonIgnore]
    public bool IsFinal => State is InstallState.Succeeded or InstallState.Failed or InstallState.Cancelled;

    [JsonIgnore]
    public InstallFinished Answer => new(
        InstallId, State == InstallState.Succeeded, Digest, SizeBytes, SourceRevision, Error, SourceDigest, Warnings, Cancelled: State == InstallState.Cancelled);

    /// <summary>Ended without a bundle.</summary>
    public InstallStatus Ended(InstallState state, InstallError error) => this with { State = state, Error = error, FinishedAt = DateTimeOffset.UtcNow };
}

/// <summary>The status files; each write is on the disk when it returns.</summary>
internal sealed class InstallStatuses(DataFolder data)
{
    private const string FileName = "status";

    public InstallStatus? Find(Guid id)
    {
        try
        {
            using var file = File.OpenRead(Path.Combine(data.Install(id), FileName));
            return JsonSerializer.Deserialize<InstallStatus>(file, PlatformJson.Options);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // A damaged one is as good as none: its install begins anew when Registry asks for it again.
            return null;
        }
    }

    /// <summary>In the order in which they were accepted.</summary>
    public List<InstallStatus> All() =>
        [.. Directory.EnumerateDirectories(data.Installs)
            .Select(folder => Guid.TryParse(Path.GetFileName(folder), out var id) ? Find(id) : null)
            .OfType<InstallStatus>()
            .OrderBy(status => status.AcceptedAt)];

    public void Write(InstallStatus status)
    {
        var folder = data.Install(status.InstallId);
        var isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        DataFolder.WriteDurably(Path.Combine(folder, FileName), status, PlatformJson.Options);
        if (isNew) Posix.SyncFolder(data.Installs);
    }
}
