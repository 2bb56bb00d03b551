using System.Text;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Load;

/// <summary>The last numbers given out for a connection; kept in its row.</summary>
internal readonly record struct Numbers(long ChangeSeq, long Ordinal);

/// <summary>
/// Writes what a probe has found to be absent, different or to be deleted: the absent straight into the table by COPY, the different over a
/// temporary table, by their places.
/// </summary>
internal static class Merge
{
    /// <summary>Made once for each session; empty at the start of every transaction.</summary>
    public const string CreateTable = """
        CREATE TEMP TABLE changed (
            place tid NOT NULL, resource_name text NOT NULL, uri text NOT NULL, metadata text NOT NULL,
            hash bytea NOT NULL, change_seq bigint NOT NULL, is_json boolean NOT NULL
        ) ON COMMIT DELETE ROWS
        """;

    public const string Clear = "TRUNCATE pg_temp.changed";

    private const string CopyAbsent =
        "COPY objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, change_seq, is_json, ordinal) FROM STDIN (FORMAT BINARY)";

    private const string CopyChanged = "COPY pg_temp.changed (place, resource_name, uri, metadata, hash, change_seq, is_json) FROM STDIN (FORMAT BINARY)";

    private const string UpdateChanged = """
        UPDATE objects o
        SET resource_name = c.resource_name, uri = c.uri, metadata = c.metadata, hash = c.hash, change_seq = c.change_seq,
            is_json = c.is_json, updated_at = now(), deleted_at = NULL
        FROM pg_temp.changed c WHERE o.ctid = c.place
        """;

    private const string Tombstone = """
        UPDATE objects o SET deleted_at = now(), updated_at = now(), change_seq = d.change_seq
        FROM unnest($1::text[]::tid[], $2) d (place, change_seq) WHERE o.ctid = d.place
        """;

    /// <returns>The connection's last numbers from now on.</returns>
    public static async Task<Numbers> WriteAsync(
        NpgsqlConnection connection, Guid connectionId, Chunk chunk, Learned learned, Numbers last, CancellationToken cancellation)
    {
        last = await InsertAsync(connection, connectionId, chunk, learned, last, cancellation);
        last = await UpdateAsync(connection, chunk, learned, last, cancellation);
        return await DeleteAsync(connection, chunk, learned, last, cancellation);
    }

    private static async Task<Numbers> InsertAsync(
        NpgsqlConnection connection, Guid connectionId, Chunk chunk, Learned learned, Numbers last, CancellationToken cancellation)
    {
        if (!learned.Findings.Contains(Finding.Absent))
            return last;
        await using var copy = await BinaryCopy.StartAsync(connection, CopyAbsent, cancellation);
        var streams = chunk.Pages.Select(page => Encoding.UTF8.GetBytes(page.Stream)).ToArray();
        for (var ord = 0; ord < chunk.Objects.Count; ord++)
        {
            if (learned.Findings[ord] != Finding.Absent)
                continue;
            last = new(last.ChangeSeq + 1, last.Ordinal + 1);
            var (page, _, fields, _) = chunk.Objects[ord];
            await copy.ReserveAsync(64 + streams[page].Length + fields.RemoteId.Length, cancellation);
            copy.StartRow(10);
            copy.Write(connectionId);
            copy.Write(streams[page]);
            copy.Write(fields.RemoteId.Of(chunk.Pages[page].Bytes.Span));
            await WriteContentAsync(copy, chunk, ord, last.ChangeSeq, cancellation);
            copy.Write(last.Ordinal);
        }

        await copy.CompleteAsync(cancellation);
        FaultPoints.Pass("copied");
        return last;
    }

    private static async Task<Numbers> UpdateAsync(
        NpgsqlConnection connection, Chunk chunk, Learned learned, Numbers last, CancellationToken cancellation)
    {
        if (!learned.Findings.Contains(Finding.Changed))
            return last;
        await using (var copy = await BinaryCopy.StartAsync(connection, CopyChanged, cancellation))
        {
            for (var ord = 0; ord < chunk.Objects.Count; ord++)
            {
                if (learned.Findings[ord] != Finding.Changed)
                    continue;
                last = last with { ChangeSeq = last.ChangeSeq + 1 };
                await copy.ReserveAsync(16, cancellation);
                copy.StartRow(7);
                copy.Write(learned.Places[ord]);
                await WriteContentAsync(copy, chunk, ord, last.ChangeSeq, cancellation);
            }

            await copy.CompleteAsync(cancellation);
        }

        await using var update = new NpgsqlCommand(UpdateChanged, connection);
        await update.ExecuteNonQueryAsync(cancellation);
        return last;
    }

    /// <summary>resource_name, uri, metadata, hash, change_seq, is_json; room for one more number is left.</summary>
    private static async ValueTask WriteContentAsync(BinaryCopy copy, Chunk chunk, int ord, long changeSeq, CancellationToken cancellation)
    {
        var (page, _, fields, _) = chunk.Objects[ord];
        var bytes = chunk.Pages[page].Bytes;
        await copy.WriteAsync(fields.ResourceName.Of(bytes), cancellation);
        await copy.WriteAsync(fields.Uri.Of(bytes), cancellation);
        await copy.WriteAsync(fields.Metadata.Of(bytes), cancellation);
        await copy.ReserveAsync(64, cancellation);
        copy.Write(chunk.HashOf(ord).Span);
        copy.Write(changeSeq);
        copy.Write(JsonText.IsReadable(fields.Metadata.Of(bytes.Span)));
    }

    private static async Task<Numbers> DeleteAsync(NpgsqlConnection connection, Chunk chunk, Learned learned, Numbers last, CancellationToken cancellation)
    {
        if (!learned.Findings.Contains(Finding.ToDelete))
            return last;
        var (places, changeSeqs) = (new List<string>(), new List<long>());
        for (var ord = 0; ord < chunk.Objects.Count; ord++)
        {
            if (learned.Findings[ord] != Finding.ToDelete)
                continue;
            last = last with { ChangeSeq = last.ChangeSeq + 1 };
            places.Add(learned.Places[ord].ToString());
            changeSeqs.Add(last.ChangeSeq);
        }

        await using var delete = new NpgsqlCommand(Tombstone, connection)
        {
            Parameters = { new() { Value = places }, new() { Value = changeSeqs } }
        };
        await delete.ExecuteNonQueryAsync(cancellation);
        return last;
    }
}
