using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>Keeps what can't be stored: the reason, and the object's bytes as they came.</summary>
internal static class Rejects
{
    private const string Copy = "COPY rejects (run_id, connection_id, stream, reason, remote_id, size, sha256, raw, is_delete) FROM STDIN (FORMAT BINARY)";

    public static async Task WriteAsync(NpgsqlConnection connection, WriterIdentity writer, Chunk chunk, CancellationToken cancellation)
    {
        if (chunk.Rejects.Count == 0)
            return;
        await using var copy = await BinaryCopy.StartAsync(connection, Copy, cancellation);
        foreach (var (page, fields, reason, _) in chunk.Rejects)
        {
            var bytes = chunk.Pages[page].Bytes;
            var whole = fields.Whole.Of(bytes);
            var key = fields.RemoteId.Of(bytes);
            var stream = Encoding.UTF8.GetBytes(chunk.Pages[page].Stream);
            await copy.ReserveAsync(128 + stream.Length, cancellation);
            copy.StartRow(9);
            copy.Write(writer.RunId);
            copy.Write(writer.ConnectionId);
            copy.Write(stream);
            copy.Write(Encoding.ASCII.GetBytes(reason));
            await copy.WriteAsync(key[..Math.Min(key.Length, RejectReason.MaxRemoteIdBytes)], cancellation);
            await copy.ReserveAsync(48, cancellation);
            copy.Write((long)whole.Length);
            copy.Write(SHA256.HashData(whole.Span));
            await copy.WriteAsync(reason == RejectReason.TooLarge ? whole[..Math.Min(whole.Length, RejectReason.MaxKeptBytes)] : whole, cancellation);
            await copy.ReserveAsync(8, cancellation);
            copy.Write(chunk.Pages[page].Deletes);
        }

        await copy.CompleteAsync(cancellation);
    }
}
