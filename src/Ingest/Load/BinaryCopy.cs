using System.Buffers;
using System.Buffers.Binary;
using Npgsql;
using NpgsqlTypes;

namespace Platform.Ingest.Load;

/// <summary>
/// Writes PostgreSQL's binary COPY format straight from the bytes of the pages: no string is made, nothing is encoded twice.
/// Source: https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format".
/// </summary>
internal sealed class BinaryCopy : IAsyncDisposable
{
    private const int BufferBytes = 64 << 10;

    private readonly NpgsqlRawCopyStream _stream;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _used;
    private bool _completed;

    private BinaryCopy(NpgsqlRawCopyStream stream)
    {
        _stream = stream;
        Header.CopyTo(_buffer);
        _used = Header.Length;
    }

    // Signature, no flags, no extension.
    private static ReadOnlySpan<byte> Header => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public static async Task<BinaryCopy> StartAsync(NpgsqlConnection connection, string command, CancellationToken cancellation) =>
        new(await connection.BeginRawBinaryCopyAsync(command, cancellation));

    /// <summary>Makes room for a row's start and its fixed fields; to be awaited before each group of small writes.</summary>
    public ValueTask ReserveAsync(int bytes, CancellationToken cancellation) =>
        _used + bytes <= BufferBytes ? ValueTask.CompletedTask : FlushAsync(cancellation);

    public void StartRow(short fields)
    {
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_used), fields);
        _used += 2;
    }

    public void Write(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 4);
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used + 4), value);
        _used += 8;
    }

    public void Write(short value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 2);
        BinaryPrimitives.WriteInt16BigEndian(_buffer.AsSpan(_used + 4), value);
        _used += 6;
    }

    public void Write(bool value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 1);
        _buffer[_used + 4] = value ? (byte)1 : (byte)0;
        _used += 5;
    }

    /// <summary>The place of a row (ctid).</summary>
    public void Write(NpgsqlTid value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 6);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(_used + 4), value.BlockNumber);
        BinaryPrimitives.WriteUInt16BigEndian(_buffer.AsSpan(_used + 8), value.OffsetNumber);
        _used += 10;
    }

    public void Write(long value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 8);
        BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(_used + 4), value);
        _used += 12;
    }

    public void Write(Guid value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), 16);
        value.TryWriteBytes(_buffer.AsSpan(_used + 4), bigEndian: true, out _);
        _used += 20;
    }

    /// <summary>A short text or bytea; the caller has reserved its length and four bytes.</summary>
    public void Write(ReadOnlySpan<byte> value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(_used), value.Length);
        value.CopyTo(_buffer.AsSpan(_used + 4));
        _used += 4 + value.Length;
    }

    /// <summary>A text or bytea of any length.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> value, CancellationToken cancellation)
    {
        if (_used + 4 + value.Length > BufferBytes)
            return WriteLongAsync(value, cancellation);
        Write(value.Span);
        return ValueTask.CompletedTask;
    }

    private async ValueTask WriteLongAsync(ReadOnlyMemory<byte> value, CancellationToken cancellation)
    {
        await FlushAsync(cancellation);
        if (4 + value.Length <= BufferBytes)
        {
            Write(value.Span);
            return;
        }

        BinaryPrimitives.WriteInt32BigEndian(_buffer, value.Length);
        _used = 4;
        await FlushAsync(cancellation);
        // In pieces, so that no buffer below grows with the object.
        for (var at = 0; at < value.Length; at += BufferBytes)
            await _stream.WriteAsync(value.Slice(at, Math.Min(BufferBytes, value.Length - at)), cancellation);
    }

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        await _stream.WriteAsync(_buffer.AsMemory(0, _used), cancellation);
        _used = 0;
    }

    /// <summary>The end of the data; without it the copy is cancelled.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        await ReserveAsync(2, cancellation);
        StartRow(-1);
        await FlushAsync(cancellation);
        _completed = true;
        await _stream.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        if (_completed)
            return;
        try
        {
            await _stream.CancelAsync();
        }
        catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The copy ends because something else failed; that error is the one to tell, and the transaction is rolled back.
        }
    }
}
