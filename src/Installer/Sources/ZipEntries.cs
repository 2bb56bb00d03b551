using System.IO.Compression;

namespace Platform.Installer.Sources;

/// <summary>Unpacks a zip: first every entry of its directory is checked, then the files are written.</summary>
internal static class ZipEntries
{
    private const int LocalHeaderBytes = 30, Stored = 0, Deflated = 8;
    private const uint LocalHeader = 0x04034b50;

    // Bit 0: encrypted; 6: strongly; 13: the directory, too.
    private const int EncryptedFlags = 1 | 1 << 6 | 1 << 13;
    private const int TypeMask = 0xf000, FolderType = 0x4000, FileType = 0x8000, LinkType = 0xa000, ExecuteBits = 0b001_001_001;

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static void Unpack(Stream stream, Unpacking unpacking, CancellationToken ct)
    {
        var placed = new List<(ZipDirectory.Entry Entry, string Path, bool Folder)>();
        foreach (var entry in ZipDirectory.Read(stream))
        {
            ct.ThrowIfCancellationRequested();
            unpacking.Count();
            unpacking.Count(entry.Size);
            var folder = (entry.UnixMode & TypeMask) == FolderType || entry.Name.EndsWith('/');
            if (Fault(entry, folder) is { } fault) unpacking.Refuse(entry.Name, fault);
            else if (unpacking.Place(entry.Name, folder) is { } path) placed.Add((entry, path, folder));
        }
        if (unpacking.Refused) return;
        foreach (var (entry, path, folder) in placed)
        {
            if (folder) unpacking.Folder(path);
            else Write(stream, entry, path, unpacking, ct);
        }
    }

    private static string? Fault(ZipDirectory.Entry entry, bool folder) => entry switch
    {
        { Flags: var flags } when (flags & EncryptedFlags) != 0 => "is encrypted",
        { Method: not (Stored or Deflated) } => $"is compressed by method {entry.Method}, where only deflate (8) and none (0) are known",
        { UnixMode: var mode } when (mode & TypeMask) == LinkType => "is a symbolic link",
        { UnixMode: var mode } when (mode & TypeMask) is not (0 or FileType or FolderType) => "is a device, socket or pipe",
        { Size: > 0 } when folder => "is a folder with content",
        _ => null,
    };

    private static void Write(Stream stream, ZipDirectory.Entry entry, string path, Unpacking unpacking, CancellationToken ct)
    {
        var header = new byte[LocalHeaderBytes];
        stream.Position = entry.Offset;
        stream.ReadExactly(header);
        if (BitConverter.ToUInt32(header) != LocalHeader) throw new InvalidDataException($"'{path}' is not where the directory says.");
        stream.Position += BitConverter.ToUInt16(header, 26) + BitConverter.ToUInt16(header, 28);
        var crc = new Crc32();
        using var packed = new Section(stream, entry.PackedSize);
        using var content = entry.Method == Deflated ? (Stream)new DeflateStream(packed, CompressionMode.Decompress) : packed;
        if (!unpacking.File(path, content, entry.Size, (entry.UnixMode & ExecuteBits) != 0, ct, crc.Append))
            throw new InvalidDataException($"'{path}' has another size than the directory says.");
        if (crc.Value != entry.Crc) throw new InvalidDataException($"'{path}' has another checksum than the directory says.");
    }

    /// <summary>The next so many bytes of a stream.</summary>
    private sealed class Section(Stream inner, long length) : ForwardStream
    {
        private long _left = length;

        public override int Read(Span<byte> buffer)
        {
            var read = inner.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
            _left -= read;
            return read;
        }
    }

    /// <summary>The checksum of zip (ISO 3309).</summary>
    private sealed class Crc32
    {
        private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
            Enumerable.Range(0, 8).Aggregate((uint)value, (rest, _) => (rest & 1) == 0 ? rest >> 1 : rest >> 1 ^ 0xedb88320))];

        private uint _state = uint.MaxValue;

        public uint Value => ~_state;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            var state = _state;
            foreach (var value in bytes) state = Table[(byte)(state ^ value)] ^ state >> 8;
            _state = state;
        }
    }
}
