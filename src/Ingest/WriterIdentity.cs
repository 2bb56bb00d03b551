using Platform.Ingest.V1;
using Platform.ServiceDefaults;

namespace Platform.Ingest;

/// <summary>Who writes: a run under the lease that its fence stands for.</summary>
internal sealed record WriterIdentity(Guid RunId, Guid ConnectionId, string Connection, string Connector, long Fence)
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
        return errors.Count == 0 ? new(runId, connectionId, run.Connection, run.Connector, run.Fence) : throw Errors.BadIdentity(errors);
    }

    // Routing keys of events end at 255 bytes, the connector's name is a part of them.
    private static bool IsName(string name) => System.Text.Encoding.UTF8.GetByteCount(name) is > 0 and <= 200 && !name.Contains('\0');
}
