using System.Text;

namespace Platform.Installer;

/// <summary>Walking, copying and removing of folders that somebody else filled: links are never followed.</summary>
internal static class Tree
{
    /// <param name="Path">Below the root, separated by <c>/</c>.</param>
    public readonly record struct Item(string Path, string FullPath, Posix.Entry Entry);

    /// <summary>Everything below the root, parents before children; refuses what exceeds a limit or is neither file, folder nor link.</summary>
    public static IEnumerable<Item> Walk(string root, InstallOptions limits)
    {
        var folders = new Stack<string>([""]);
        var (count, bytes) = (0, 0L);
        while (folders.TryPop(out var folder))
        {
            foreach (var full in Directory.EnumerateFileSystemEntries(Path.Combine(root, folder)))
            {
                var path = folder.Length == 0 ? Path.GetFileName(full) : $"{folder}/{Path.GetFileName(full)}";
                // A name that isn't UTF-8 comes with replacement characters, and then there is no such file.
                if (Posix.Look(full) is not { } entry) throw Errors.BadFile(path, "has a name that is not UTF-8, or vanished while it was read");
                if (entry.Kind == Posix.Kind.Other) throw Errors.BadFile(path, "is a device, socket or pipe");
                if (Encoding.UTF8.GetByteCount(path) > limits.MaxPathBytes) throw Errors.PathTooLong(path, limits.MaxPathBytes);
                if (++count > limits.MaxFiles) throw Errors.TooManyFiles(limits.MaxFiles);
                if (entry.Kind == Posix.Kind.File && (bytes += entry.Size) > limits.MaxBytes) throw Errors.TooLarge(limits.MaxBytes);
                if (entry.Kind == Posix.Kind.Folder) folders.Push(path);
                yield return new Item(path, full, entry);
            }
        }
    }

    /// <summary>Copies content, links as they are, and the executable bit.</summary>
    public static void Copy(string from, string to, InstallOptions limits, CancellationToken ct)
    {
        foreach (var item in Walk(from, limits))
        {
            ct.ThrowIfCancellationRequested();
            var target = Path.Combine(to, item.Path);
            switch (item.Entry.Kind)
            {
                case Posix.Kind.Folder: Directory.CreateDirectory(target); break;
                case Posix.Kind.Link: File.CreateSymbolicLink(target, new FileInfo(item.FullPath).LinkTarget!); break;
                default: CopyFile(item.FullPath, target, item.Entry.Executable); break;
            }
        }
    }

    public static void CopyFile(string from, string to, bool executable)
    {
        File.Copy(from, to);
        const UnixFileMode plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(to, executable ? plain | execute : plain);
    }

    /// <summary>Gives the folder and all in it to a user, for a command that runs as that user.</summary>
    public static void GiveTo(string root, uint user, InstallOptions limits)
    {
        Posix.GiveTo(root, user, user);
        foreach (var item in Walk(root, limits)) Posix.GiveTo(item.FullPath, user, user);
    }

    /// <summary>Lets everybody who gets at the folder read all in it, and write if that is wanted: for containers, whose user is the image's to choose.</summary>
    public static void OpenToAll(string root, bool writable, InstallOptions limits)
    {
        const UnixFileMode read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        const UnixFileMode execute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        var mode = writable ? read | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite : read;
        File.SetUnixFileMode(root, mode | execute);
        foreach (var item in Walk(root, limits).Where(item => item.Entry.Kind != Posix.Kind.Link))
            File.SetUnixFileMode(item.FullPath, item.Entry.Kind == Posix.Kind.Folder || item.Entry.Executable ? mode | execute : mode);
    }

    /// <summary>Removes the folder, also where folders in it were made unwritable (as Go's module cache is).</summary>
    public static void Delete(string root)
    {
        try
        {
            Directory.Delete(root, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            var folders = new Stack<string>([root]);
            while (folders.TryPop(out var folder))
            {
                File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                foreach (var path in Directory.EnumerateDirectories(folder))
                    if (Posix.Look(path) is { Kind: Posix.Kind.Folder }) folders.Push(path);
            }
            Directory.Delete(root, recursive: true);
        }
    }
}
