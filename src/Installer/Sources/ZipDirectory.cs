using System.Text;

namespace Platform.Installer.Sources;

/// <summary>
/// Reads the directory at the end of a zip, entry by entry. <c>ZipArchive</c> would take one of any length into memory at once, cut a file
/// at the size it is said to have, and check no checksum.
/// </summary>
internal static class ZipDirectory
{
    private const int EndBytes = 22, MaxCommentBytes = 65535, LocatorBytes = 20, End64Bytes = 56, HeaderBytes = 46;
    private const uint EndSignature = 0x06054b50, LocatorSignature = 0x07064b50, End64Signature = 0x06064b50, HeaderSignature = 0x02014b50;
    private const int ByUnix = 3, ByMac = 19, Zip64Field = 1;



    /// <param name="Name">What isn't UTF-8 in it is a replacement character.</param>
    /// <param name="UnixMode">Type and permissions; 0 when another system packed it.</param>
    /// <param name="Offset">Of its own header in the file.</param>
    public readonly record struct Entry(string Name, int Flags, int Method, uint Crc, long PackedSize, long Size, int UnixMode, long Offset);

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static IEnumerable<Entry> Read(Stream stream)
    {
        var (count, next) = FindDirectory(stream);
        var header = new byte[HeaderBytes];
        for (var i = 0L; i < count; i++)
        {
            // Between two entries the caller may have read elsewhere.
            stream.Position = next;
            stream.ReadExactly(header);
            if (BitConverter.ToUInt32(header) != HeaderSignature) throw new InvalidDataException($"its directory has {i} entries of {count}.");
            var (nameBytes, extraBytes) = (BitConverter.ToUInt16(header, 28), BitConverter.ToUInt16(header, 30));
            var variable = new byte[nameBytes + extraBytes];
            stream.ReadExactly(variable);
            next = stream.Position + BitConverter.ToUInt16(header, 32);
            yield return Parse(header, variable.AsSpan(0, nameBytes), variable.AsSpan(nameBytes), stream.Length);
        }
    }

    private static (long Count, long Offset) FindDirectory(Stream stream)
    {
        var tail = new byte[Math.Min(stream.Length, EndBytes + MaxCommentBytes)];
        stream.Position = stream.Length - tail.Length;
        stream.ReadExactly(tail);
        var at = tail.Length - EndBytes;
        while (at >= 0 && BitConverter.ToUInt32(tail, at) != EndSignature) at--;
        if (at < 0) throw new InvalidDataException("it has no directory at its end.");
        var (count, offset) = ((long)BitConverter.ToUInt16(tail, at + 10), (long)BitConverter.ToUInt32(tail, at + 16));
        if (at >= LocatorBytes && BitConverter.ToUInt32(tail, at - LocatorBytes) == LocatorSignature)
        {
            var end64 = new byte[End64Bytes];
            stream.Position = InFile(BitConverter.ToInt64(tail, at - LocatorBytes + 8), stream.Length);
            stream.ReadExactly(end64);
            if (BitConverter.ToUInt32(end64) != End64Signature) throw new InvalidDataException("its directory is not where its end says.");
            (count, offset) = (BitConverter.ToInt64(end64, 32), BitConverter.ToInt64(end64, 48));
        }
        return (count, InFile(offset, stream.Length));
    }

    private static Entry Parse(ReadOnlySpan<byte> header, ReadOnlySpan<byte> name, ReadOnlySpan<byte> extra, long fileBytes)
    {
        var mode = header[5] is ByUnix or ByMac ? BitConverter.ToUInt16(header[40..]) : 0;
        long packed = BitConverter.ToUInt32(header[20..]), size = BitConverter.ToUInt32(header[24..]), offset = BitConverter.ToUInt32(header[42..]);
        while (extra.Length >= 4)
        {
            var length = BitConverter.ToUInt16(extra[2..]);
            if (length > extra.Length - 4) break;
            if (BitConverter.ToUInt16(extra) == Zip64Field)
            {
                // Only those are there that don't fit into 32 bits, in this order.
                var wide = extra.Slice(4, length);
                size = Wide(size, ref wide);
                packed = Wide(packed, ref wide);
                offset = Wide(offset, ref wide);
            }
            extra = extra[(4 + length)..];
        }
        if (size < 0) throw new InvalidDataException("its directory gives an impossible size.");
        return new Entry(
            Encoding.UTF8.GetString(name), BitConverter.ToUInt16(header[8..]), BitConverter.ToUInt16(header[10..]), BitConverter.ToUInt32(header[16..]),
            InFile(packed, fileBytes), size, mode, InFile(offset, fileBytes));
    }

    private static long Wide(long value, ref ReadOnlySpan<byte> wide)
    {
        if (value != uint.MaxValue || wide.Length < 8) return value;
        var full = BitConverter.ToInt64(wide);
        wide = wide[8..];
        return full;
    }

    private static long InFile(long position, long fileBytes) =>
        position >= 0 && position <= fileBytes ? position : throw new InvalidDataException("its directory points outside the file.");
}
