using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest;

/// <summary>Who writes: a run under the lease that its fence stands for.</summary>
/// <param name="Kind">One of <see cref="WriterKinds"/>.</param>
internal sealed record WriterIdentity(Guid RunId, Guid ConnectionId, string Connection, string Connector, long Fence, string Kind = WriterKinds.Sync)
{
    /// <exception cref="ProblemException">400 with every failing field.</exception>
    public static WriterIdentity Parse(RunIdentity? run)
    {
        run ??= new();
        var errors = new List<FieldError>();
        if (!Guid.TryParse(run.RunId, out var runId))
            errors.Add(new("run.run_id", "invalid_uuid", "must be a UUID"));
        if (!Guid.TryParse(run.ConnectionId, out var connectionId))
            errors.Add(new("run.connection_id", "invalid_uuid", "must be a UUID"));
        if (!IsName(run.Connection))
            errors.Add(new("run.connection", "invalid_name", "must be a name"));
        if (!IsName(run.Connector))
            errors.Add(new("run.connector", "invalid_name", "must be a name"));
        if (run.Fence < 1)
            errors.Add(new("run.fence", "out_of_range", "must be 1 or more"));
        if (WriterKinds.Of(run.Kind) is not { } kind)
            errors.Add(new("run.kind", "invalid_kind", "must be sync or listen"));
        else if (errors.Count == 0)
            return new(runId, connectionId, run.Connection, run.Connector, run.Fence, kind);
        throw Errors.BadIdentity(errors);
    }

    // Routing keys of events end at 255 bytes, the connector's name is a part of them.
    private static bool IsName(string name) => System.Text.Encoding.UTF8.GetByteCount(name) is > 0 and <= 200 && !name.Contains('\0');
}

/// <summary>As the table <c>writers</c> has them: one writer of each kind may write to a connection.</summary>
internal static class WriterKinds
{
    public const string Sync = "sync";
    public const string Listen = "listen";

    public static string? Of(RunKind kind) => kind switch
    {
        RunKind.Sync => Sync,
        RunKind.Listen => Listen,
        _ => null,
    };
}
