using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Platform.ServiceDefaults;

/// <summary>Paths of this machine that callers name.</summary>
public static partial class LocalPath
{
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>The one rule for them: below a configured root, and never the platform's own data.</summary>
    /// <param name="roots">Absolute folders; none: nothing may be used.</param>
    /// <param name="never">Absolute folders that it may neither be, nor lie in, nor hold.</param>
    /// <param name="refusal">Why it may not be used, as the rest of a sentence; null: it may, or would if it were there.</param>
    /// <returns>The path with every link resolved, which is what was checked and therefore what must be used; null without a refusal: it is not there.</returns>
    public static string? Check(string path, IEnumerable<string> roots, IEnumerable<string> never, out string? refusal)
    {
        refusal = null;
        if (!path.StartsWith('/') || path.Contains('\0'))
        {
            refusal = "it is not an absolute path";
            return null;
        }

        var real = Real(path);
        // Where something is outside the roots, an answer of "not found" would tell what exists there.
        if (!roots.Any(root => Real(root) is { } folder && IsWithin(real ?? Path.GetFullPath(path), folder)))
            refusal = "it is not below a folder of Local:Roots";
        else if (real is not null && never.Select(folder => Real(folder) ?? Path.GetFullPath(folder)).Any(folder => IsWithin(real, folder) || IsWithin(folder, real)))
            refusal = "it is, or holds, the platform's own data";
        return refusal is null ? real : null;
    }

    /// <summary>The path with every link in it resolved; null when it does not exist.</summary>
    public static string? Real(string path)
    {
        var found = RealPath(path, 0);
        if (found == 0)
            return null;
        try
        {
            return Marshal.PtrToStringUTF8(found);
        }
        finally
        {
            Free(found);
        }
    }

    /// <summary>Both without links and dots.</summary>
    public static bool IsWithin(string path, string folder) => path == folder || folder == "/" || path.StartsWith(folder + "/", StringComparison.Ordinal);

    /// <summary>A regular file, or a link to one: a pipe or a device could keep its reader waiting for ever, and opening it is waiting already.</summary>
    public static bool IsRegular(string path)
    {
        // struct statx has one layout on every machine: stx_mode at 28, its upper four bits the kind (statx(2), inode(7)).
        Span<byte> status = stackalloc byte[256];
        return StatX(CurrentFolder, path, 0, BasicStats, status) == 0 && (BinaryPrimitives.ReadUInt16LittleEndian(status[28..]) & 0xF000) == 0x8000;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, nint resolved);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);
}
