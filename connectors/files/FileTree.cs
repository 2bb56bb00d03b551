using System.Buffers.Binary;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using System.Text;

namespace Platform.Connectors.Files;

/// <summary>The regular files below a folder, links not followed, in the byte order of their paths.</summary>
internal static class FileTree
{
    /// <returns>Paths relative to <paramref name="root"/>, with '/'; names that aren't UTF-8 are left out.</returns>
    /// <exception cref="UnauthorizedAccessException">A folder can't be read; the text names it.</exception>
    public static IReadOnlyList<string> RelativePaths(string root)
    {
        var prefix = root == "/" ? 1 : root.Length + 1;
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = 0 };
        var files = new FileSystemEnumerable<string>(root, (ref FileSystemEntry entry) => entry.ToFullPath()[prefix..], options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && IsRegular(entry.ToFullPath()),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        return [.. files.Where(path => !path.Contains('\uFFFD')).Select(path => (Path: path, Key: Encoding.UTF8.GetBytes(path)))
            .OrderBy(file => file.Key, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))
            .Select(file => file.Path)];
    }

    /// <summary>Whether this is the relative path of a file that <see cref="RelativePaths"/> lists: no way out of the root, and no link on the way.</summary>
    public static bool IsBelow(string root, string path)
    {
        var folders = path.Split('/');
        if (folders.Any(name => name is "" or "." or "..") || path.Contains('\0') || !IsRegular(FileObject.FullPath(root, path)))
            return false;
        for (var depth = 1; depth < folders.Length; depth++)
            if ((File.GetAttributes(FileObject.FullPath(root, string.Join('/', folders[..depth]))) & FileAttributes.ReparsePoint) != 0)
                return false;
        return true;
    }

    // .NET doesn't tell a pipe or a socket from a file, and opening a pipe would wait for ever; statx(2) does, with one
    // layout on every architecture: the mode is a 16-bit word at byte 28.
    private static bool IsRegular(string path)
    {
        const int AtCurrentFolder = -100, DontFollow = 0x100, TypeMask = 0x1, FileTypeBits = 0xF000, RegularFile = 0x8000;
        var status = new byte[256];
        return statx(AtCurrentFolder, Encoding.UTF8.GetBytes(path + '\0'), DontFollow, TypeMask, status) == 0
            && (BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(28)) & FileTypeBits) == RegularFile;
    }

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte[] path, int flags, uint mask, byte[] status);
}
