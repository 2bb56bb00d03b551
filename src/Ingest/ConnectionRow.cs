using Npgsql;

namespace Platform.Ingest;

/// <summary>A connection's row in <c>connections</c>: whoever writes what belongs to the connection locks it first, everywhere.</summary>
internal static class ConnectionRow
{
    /// <summary>For transactions on ordinary sessions; those of loads have their limit from the start.</summary>
    public static NpgsqlBatchCommand LimitTheWait() => new("SET LOCAL lock_timeout = '30s'");

    /// <summary>Makes the row where Ingest has not heard of the connection yet.</summary>
    public static NpgsqlBatchCommand Ensure(Guid connectionId, string name, string connector) =>
        new("INSERT INTO connections (connection_id, name, connector) VALUES ($1, $2, $3) ON CONFLICT (connection_id) DO NOTHING")
        {
            Parameters = { new() { Value = connectionId }, new() { Value = name }, new() { Value = connector } }
        };

    public static NpgsqlBatchCommand Lock(Guid connectionId) =>
        new("SELECT FROM connections WHERE connection_id = $1 FOR UPDATE") { Parameters = { new() { Value = connectionId } } };
}
