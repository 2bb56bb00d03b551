using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Platform.Runner.Bundles;

/// <summary>
/// What a bundle's files and folders looked like right after unpacking: kind, mode, size, inode and time of the last change of each.
/// Nothing can be changed without its change time moving, which can't be set back, and nothing can be added without its folder's; so
/// equality means untouched. See docs/decisions/0011.
/// </summary>
internal static partial class BundleTree
{
    // Inode, size, seconds and nanoseconds of the change, mode, bytes of the path; then the path below the bundle with a final zero, as the
    // kernel takes it.
    private const int FieldBytes = 8 + 8 + 8 + 4 + 2 + 2;
    private const int StatusBytes = FieldBytes - 2;

    // Changed with the format: what an older Runner recorded does not match, and is fetched anew.
    private static ReadOnlySpan<byte> Format => "bundle tree 1\n"u8;

    public static string Files(string bundle) => Path.Combine(bundle, "files");

    /// <summary>Writes the record, once all that it speaks of is on the disk.</summary>
    public static void Record(string bundle)
    {
        using var folder = new FolderHandle(bundle);
        var record = new ArrayBufferWriter<byte>();
        record.Write(Format);
        record.Advance(sizeof(long));
        var total = 0L;
        foreach (var path in Walk(bundle))
        {
            var bytes = Encoding.UTF8.GetBytes(path + "\0");
            var fields = record.GetSpan(FieldBytes)[..FieldBytes];
            if (!folder.Look(bytes, fields))
                throw new IOException($"{path} in {bundle} can't be looked at.");
            BinaryPrimitives.WriteUInt16LittleEndian(fields[StatusBytes..], (ushort)bytes.Length);
            total += BinaryPrimitives.ReadInt64LittleEndian(fields[8..]);
            record.Advance(FieldBytes);
            record.Write(bytes);
        }

        // Else a power cut could keep the record and lose what it vouches for.
        folder.Sync();
        var written = record.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(written.AsSpan(Format.Length), total);
        File.WriteAllBytes(RecordPath(bundle), written);
    }

    /// <summary>Bytes of all files together, as they were recorded; 0 where there is no record.</summary>
    public static long Bytes(string bundle)
    {
        try
        {
            using var file = File.OpenHandle(RecordPath(bundle));
            Span<byte> head = stackalloc byte[Format.Length + sizeof(long)];
            return RandomAccess.Read(file, head, 0) == head.Length && head.StartsWith(Format) ? BinaryPrimitives.ReadInt64LittleEndian(head[Format.Length..]) : 0;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Whether everything is as it was recorded; false where there is no record.</summary>
    public static bool Matches(string bundle)
    {
        byte[]? rented = null;
        try
        {
            using var file = File.OpenHandle(RecordPath(bundle));
            var length = checked((int)RandomAccess.GetLength(file));
            rented = ArrayPool<byte>.Shared.Rent(length);
            var record = rented.AsSpan(0, RandomAccess.Read(file, rented.AsSpan(0, length), 0));
            if (!record.StartsWith(Format) || record.Length < Format.Length + sizeof(long))
                return false;
            using var folder = new FolderHandle(bundle);
            return Matches(folder, record[(Format.Length + sizeof(long))..]);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        finally
        {
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static bool Matches(FolderHandle folder, ReadOnlySpan<byte> record)
    {
        Span<byte> now = stackalloc byte[FieldBytes];
        // A record without an entry is a torn one: even an empty bundle has its folder.
        var entries = 0;
        for (; record.Length > FieldBytes; entries++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(record[StatusBytes..]);
            if (record.Length < FieldBytes + length || record[FieldBytes + length - 1] != 0)
                return false;
            if (!folder.Look(record.Slice(FieldBytes, length), now) || !now[..StatusBytes].SequenceEqual(record[..StatusBytes]))
                return false;
            record = record[(FieldBytes + length)..];
        }

        return entries > 0 && record.IsEmpty;
    }

    private static string RecordPath(string bundle) => Path.Combine(bundle, "tree");

    // The folder itself too: by its change time, additions at the top are seen.
    private static IEnumerable<string> Walk(string bundle) =>
        Directory.EnumerateFileSystemEntries(Files(bundle), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
            .Prepend(Files(bundle)).Select(path => path[(bundle.Length + 1)..]);

    /// <summary>An open folder, below which paths are short ways for the kernel.</summary>
    private sealed unsafe partial class FolderHandle : IDisposable
    {
        private const int NoFollow = 0x100;
        private const uint BasicStats = 0x7ff;
        private readonly int descriptor;

        public FolderHandle(string path)
        {
            // Also O_CLOEXEC.
            descriptor = OpenNative(path, 0x80000);
            if (descriptor < 0)
                throw new DirectoryNotFoundException($"{path} can't be opened (error {Marshal.GetLastPInvokeError()})");
        }

        /// <param name="path">With a final zero.</param>
        /// <param name="fields">Gets what the record keeps, but for the path.</param>
        public bool Look(ReadOnlySpan<byte> path, Span<byte> fields)
        {
            // struct statx has one layout on every machine.
            byte* data = stackalloc byte[256];
            fixed (byte* name = path)
            {
                if (StatxNative(descriptor, name, NoFollow, BasicStats, data) != 0)
                    return false;
            }

            var status = new ReadOnlySpan<byte>(data, 256);
            // stx_ino and stx_size, stx_ctime's seconds and nanoseconds, stx_mode.
            status.Slice(32, 16).CopyTo(fields);
            status.Slice(96, 12).CopyTo(fields[16..]);
            status.Slice(28, 2).CopyTo(fields[28..]);
            return true;
        }

        public void Sync()
        {
            if (SyncNative(descriptor) != 0)
                throw new IOException($"The files could not be written to the disk (error {Marshal.GetLastPInvokeError()}).");
        }

        public void Dispose() => _ = CloseNative(descriptor);

        [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
        private static partial int OpenNative(string path, int flags);

        [LibraryImport("libc", EntryPoint = "statx")]
        private static partial int StatxNative(int folder, byte* path, int flags, uint mask, byte* data);

        [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
        private static partial int SyncNative(int descriptor);

        [LibraryImport("libc", EntryPoint = "close")]
        private static partial int CloseNative(int descriptor);
    }
}
