using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Npgsql;

namespace Platform.Benchmarks.Loads;

/// <summary>Rows of the table <c>objects</c> as the bytes of a binary COPY, made beforehand. Source: https://www.postgresql.org/docs/15/sql-copy.html.</summary>
internal sealed class CopyRows
{
    public const string Columns = "connection_id, stream, remote_id, resource_name, uri, metadata, hash, ordinal, is_json, change_seq, created_at, updated_at";

    private const int SegmentRows = 1000;
    private const short ColumnCount = 12;

    // A moment of 2026, in microseconds since 2000.
    private const long Moment = 830_000_000_000_000;

    private readonly List<byte[]> segments = [];

    public CopyRows(Guid connection, IEnumerable<Row> rows)
    {
        // Signature, no flags, no extension.
        segments.Add([(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        var key = connection.ToByteArray(bigEndian: true);
        var moment = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(moment, Moment);
        var ordinal = 0L;
        foreach (var part in rows.Chunk(SegmentRows))
        {
            var buffer = new ArrayBufferWriter<byte>(SegmentRows * 512);
            foreach (var row in part)
            {
                BinaryPrimitives.WriteInt16BigEndian(buffer.GetSpan(2), ColumnCount);
                buffer.Advance(2);
                Write(buffer, key);
                Write(buffer, "");
                Write(buffer, row.RemoteId);
                Write(buffer, Row.ResourceName);
                Write(buffer, row.Uri);
                Write(buffer, row.Metadata);
                Write(buffer, row.Hash());
                BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(12), 8);
                BinaryPrimitives.WriteInt64BigEndian(buffer.GetSpan(12)[4..], ++ordinal);
                buffer.Advance(12);
                Write(buffer, [1]);
                Write(buffer, new byte[8]);
                Write(buffer, moment);
                Write(buffer, moment);
            }

            segments.Add(buffer.WrittenSpan.ToArray());
        }

        segments.Add([0xff, 0xff]);
    }

    public async Task SendAsync(NpgsqlConnection connection, string table)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync($"COPY {table} ({Columns}) FROM STDIN (FORMAT BINARY)");
        foreach (var segment in segments)
            await copy.WriteAsync(segment);
    }

    private static void Write(ArrayBufferWriter<byte> buffer, string text)
    {
        var length = Encoding.UTF8.GetBytes(text, buffer.GetSpan(4 + Encoding.UTF8.GetMaxByteCount(text.Length))[4..]);
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(4), length);
        buffer.Advance(4 + length);
    }

    private static void Write(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(buffer.GetSpan(4), value.Length);
        buffer.Advance(4);
        buffer.Write(value);
    }
}
