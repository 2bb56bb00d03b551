using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Platform.Installer;

/// <summary>The few system calls that .NET has no method for (glibc, see the man pages of section 2).</summary>
internal static partial class Posix
{
    private const int CurrentFolder = -100, NoFollow = 0x100, BasicStats = 0x7ff, ExchangeNames = 2;
    public const int NoSpace = 28, Kill = 9;

    public enum Kind { Other, File, Folder, Link }

    /// <param name="Size">Bytes of a file.</param>
    /// <param name="AllocatedBytes">What its content takes on the disk.</param>
    /// <param name="Mode">The permission bits.</param>
    /// <param name="User">The id of its owner.</param>
    public readonly record struct Entry(Kind Kind, long Size, bool Executable, long AllocatedBytes, UnixFileMode Mode, uint User, uint Group);

    /// <summary>What the path itself is, links not followed; null when there is nothing.</summary>
    public static Entry? Look(string path)
    {
        Span<byte> stat = stackalloc byte[256];
        if (StatX(CurrentFolder, path, NoFollow, BasicStats, stat) != 0)
            return Marshal.GetLastPInvokeError() is 2 or 20 ? null : throw Failed("statx", path);
        const int blockBytes = 512;
        // Offsets of struct statx: stx_uid 20, stx_gid 24, stx_mode 28, stx_size 40, stx_blocks 48; the same on every architecture.
        var mode = BitConverter.ToUInt16(stat[28..]);
        var kind = (mode & 0xf000) switch { 0x8000 => Kind.File, 0x4000 => Kind.Folder, 0xa000 => Kind.Link, _ => Kind.Other };
        return new Entry(kind, BitConverter.ToInt64(stat[40..]), (mode & 0b001_001_001) != 0, BitConverter.ToInt64(stat[48..]) * blockBytes, (UnixFileMode)(mode & 0xfff),
            BitConverter.ToUInt32(stat[20..]), BitConverter.ToUInt32(stat[24..]));
    }

    /// <summary>Makes a rename in this folder survive a power cut.</summary>
    public static void SyncFolder(string path)
    {
        var fd = Open(path, 0);
        if (fd < 0) throw Failed("open", path);
        var result = Fsync(fd);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        if (result != 0) throw new IOException($"fsync {path}: {new Win32Exception(error).Message}", error);
    }

    public static void GiveTo(string path, uint user, uint group)
    {
        if (ChangeOwner(path, user, group) != 0) throw Failed("lchown", path);
    }

    /// <summary>Lets two paths of one file system change places in one step: nobody, at no time, finds either of them missing.</summary>
    public static void Exchange(string one, string other)
    {
        if (Rename(CurrentFolder, one, CurrentFolder, other, ExchangeNames) != 0) throw Failed("renameat2", other);
    }

    public static void KillGroup(int leader) => _ = SendSignal(-leader, Kill);

    public static void KillProcess(int id) => _ = SendSignal(id, Kill);

    private static IOException Failed(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, Span<byte> stat);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int fd);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Rename(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
