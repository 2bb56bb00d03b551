using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Platform.Runner.Bundles;

/// <summary>
/// What a bundle's files looked like right after unpacking: size, inode and time of the last change of each. No file
/// can be changed without its change time moving, which can't be set back; so equality means untouched.
/// </summary>
internal static partial class BundleTree
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStats = 0x7ff;

    public static string Files(string bundle) => Path.Combine(bundle, "files");

    public static void Record(string bundle) => File.WriteAllLines(RecordPath(bundle), Describe(Files(bundle)));

    public static bool Matches(string bundle) =>
        File.Exists(RecordPath(bundle)) && File.ReadLines(RecordPath(bundle)).SequenceEqual(Describe(Files(bundle)), StringComparer.Ordinal);

    private static string RecordPath(string bundle) => Path.Combine(bundle, "tree");

    private static IEnumerable<string> Describe(string root) =>
        Directory.EnumerateFileSystemEntries(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
            .Order(StringComparer.Ordinal)
            .Select(path => $"{Stat(path)} {path[(root.Length + 1)..].ReplaceLineEndings("?")}");

    private static string Stat(string path)
    {
        // struct statx has one layout on every machine.
        var data = new byte[256];
        if (StatxNative(CurrentFolder, path, NoFollow, BasicStats, data) != 0)
            throw new IOException($"{path} can't be looked at (error {Marshal.GetLastPInvokeError()})");
        var inode = BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(32));
        var size = BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(40));
        var seconds = BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(96));
        var nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(104));
        return string.Create(CultureInfo.InvariantCulture, $"{size} {inode} {seconds}.{nanoseconds:d9}");
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int StatxNative(int folder, string path, int flags, uint mask, byte[] data);
}
