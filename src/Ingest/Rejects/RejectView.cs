using System.Text;
using System.Text.Unicode;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Rejects;

/// <summary>An object that could not be stored, as lists show it.</summary>
/// <param name="Reason">As in <see cref="Load.RejectReason"/>.</param>
/// <param name="RemoteId">Null where it is no UTF-8; of a long one its first 2,048 bytes.</param>
/// <param name="Size">Of the object as it came, in bytes; so is the hash.</param>
/// <param name="Complete">All its bytes were kept, so it can be replayed.</param>
/// <param name="IsDelete">It asked for a delete.</param>
internal record RejectView(
    long Id, string? Connection, Guid RunId, string Stream, string Reason, string? RemoteId, long Size, string Sha256, bool Complete, bool IsDelete,
    DateTimeOffset RejectedAt)
{
    public const string Columns = """
        r.id, (SELECT c.name FROM connections c WHERE c.connection_id = r.connection_id), r.run_id, r.stream, r.reason, r.remote_id, r.size, r.sha256,
        r.size = length(r.raw), r.is_delete, r.rejected_at
        """;

    /// <summary>A condition on <c>rejects r</c>: the caller's scope covers its connection.</summary>
    /// <param name="parameter">Its place; its value is <see cref="CoveredBy"/>.</param>
    public static string IsCovered(string parameter) =>
        $"({parameter}::text[] IS NULL OR EXISTS (SELECT FROM connections c WHERE c.connection_id = r.connection_id AND c.name LIKE ANY({parameter})))";

    public static NpgsqlParameter CoveredBy(Caller caller) =>
        new() { Value = (object?)caller.Patterns ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text };

    public static RejectView Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetGuid(2), reader.GetString(3), reader.GetString(4),
        TextOf(reader.GetFieldValue<byte[]>(5)), reader.GetInt64(6), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(7)), reader.GetBoolean(8),
        reader.GetBoolean(9), reader.GetFieldValue<DateTimeOffset>(10));

    /// <returns>Null: the bytes are no text.</returns>
    public static string? TextOf(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
