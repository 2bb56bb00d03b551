using System.Formats.Tar;

namespace Platform.Installer.Sources;

/// <summary>Unpacks a tar, whatever its stream comes out of.</summary>
internal static class TarEntries
{
    /// <summary>More than the header of an entry with all its extensions ever needs.</summary>
    private const int HeaderBytes = 1 << 20;

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static void Unpack(Stream stream, Unpacking unpacking, CancellationToken ct)
    {
        using var bounded = new BoundedStream(stream, unpacking, ct);
        using var reader = new TarReader(bounded, leaveOpen: true);
        while (Next(reader, bounded) is { } entry)
        {
            unpacking.Count();
            if (entry.EntryType == TarEntryType.GlobalExtendedAttributes) continue;
            unpacking.Count(entry.Length);
            var executable = (entry.Mode & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0;
            // The oldest tars mark a folder only so.
            var folder = entry.EntryType == TarEntryType.Directory || (entry.Length == 0 && entry.Name.EndsWith('/'));
            var path = Path(entry, folder, unpacking);
            if (folder)
            {
                if (path is not null) unpacking.Folder(path);
            }
            else if (!unpacking.File(path, entry.DataStream ?? Stream.Null, entry.DataStream is null ? 0 : entry.Length, executable, ct))
            {
                throw new InvalidDataException("it ends in the middle of a file.");
            }
        }
        // On to the very end, where compressed formats have their checksums.
        bounded.CopyTo(Stream.Null);
    }

    private static TarEntry? Next(TarReader reader, BoundedStream bounded)
    {
        bounded.Allow(HeaderBytes);
        try
        {
            return reader.GetNextEntry();
        }
        catch (NotSupportedException e)
        {
            // Sparse files and other kinds of GNU's: the reader doesn't get past them.
            throw Errors.ArchiveBadEntries([e.Message]);
        }
        finally
        {
            bounded.Allow(long.MaxValue);
        }
    }

    /// <summary>Null: refused, or the root itself.</summary>
    private static string? Path(TarEntry entry, bool folder, Unpacking unpacking)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                return unpacking.Place(entry.Name, folder: true);
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                if (entry is not PaxTarEntry pax || !pax.ExtendedAttributes.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal))) return unpacking.Place(entry.Name, folder);
                unpacking.Refuse(entry.Name, "is a sparse file");
                return null;
            default:
                unpacking.Refuse(entry.Name, entry.EntryType switch
                {
                    TarEntryType.SymbolicLink => "is a symbolic link",
                    TarEntryType.HardLink => "is a hard link",
                    TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "is a device",
                    TarEntryType.Fifo => "is a pipe",
                    TarEntryType.SparseFile => "is a sparse file",
                    var type => $"is neither file nor folder, but of type {type}",
                });
                return null;
        }
    }

    /// <summary>Reading only, bounded: in all, by the time, and for each header, which the reader takes into memory.</summary>
    private sealed class BoundedStream(Stream inner, Unpacking unpacking, CancellationToken ct) : ForwardStream
    {
        private long _read, _allowed;

        public void Allow(long bytes) => _allowed = bytes;

        public override int Read(Span<byte> buffer)
        {
            ct.ThrowIfCancellationRequested();
            var read = inner.Read(buffer);
            if ((_allowed -= read) < 0) throw new InvalidDataException($"it has a header of more than {HeaderBytes} bytes.");
            unpacking.CheckUnpacked(_read += read);
            return read;
        }
    }
}
