using System.Text;

namespace Platform.Installer.Sources;

/// <summary>
/// What every kind of archive obeys while it is unpacked into an empty folder: which names are allowed, and how much there may be. Nothing
/// is written any more once an entry was refused; the rest is only looked at, so that all of them are reported at once.
/// </summary>
/// <param name="archiveBytes">Size of the archive as it was downloaded.</param>
internal sealed class Unpacking(string target, long archiveBytes, InstallOptions limits)
{
    /// <summary>Below this no ratio is too high: a small file that compresses well is nothing unusual.</summary>
    private const long FreeBytes = 64 << 20;

    private const int NamedEntries = 10, MaxNameBytes = 255, ShownCharacters = 80, BufferBytes = 128 * 1024;
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly List<string> _refused = [];
    private readonly byte[] _buffer = new byte[BufferBytes];

    // Names that differ only in case are one file on other machines, and one of them would hide the other there.
    private readonly Dictionary<string, (string Path, bool Folder)> _known = new(StringComparer.OrdinalIgnoreCase);
    private long _bytes;
    private int _refusals, _entries, _files;

    private readonly long _ratioBytes = Math.Max(FreeBytes, archiveBytes * limits.MaxUnpackRatio);

    public bool Refused => _refusals > 0;

    /// <summary>Counts an entry, whatever it is.</summary>
    public void Count()
    {
        if (++_entries > limits.MaxFiles) throw Errors.TooManyFiles(limits.MaxFiles);
    }

    /// <summary>Counts bytes of files, as promised or as they come.</summary>
    public void Count(long bytes)
    {
        if (bytes > limits.MaxBytes - _bytes) throw Errors.TooLarge(limits.MaxBytes);
        CheckRatio(_bytes += bytes);
    }

    /// <summary>Checks all that came out of the archive so far, what lies between the files included.</summary>
    public void CheckUnpacked(long bytes)
    {
        if (bytes / 2 > limits.MaxBytes) throw Errors.TooLarge(limits.MaxBytes);
        CheckRatio(bytes);
    }

    public void Refuse(string name, string why)
    {
        if (++_refusals <= NamedEntries) _refused.Add($"'{Shown(name)}' {why}");
    }

    /// <summary>Checks the name of a file or folder. Null: it was refused, or is the root itself.</summary>
    /// <returns>The path below the root, separated by <c>/</c>.</returns>
    public string? Place(string name, bool folder)
    {
        if (Fault(name) is { } fault)
        {
            Refuse(name, fault);
            return null;
        }
        var path = string.Join('/', name.Split('/').Where(part => part is not ("" or ".")));
        if (path.Length == 0)
        {
            if (!folder) Refuse(name, "is no name of a file");
            return null;
        }
        if (Encoding.UTF8.GetByteCount(path) > limits.MaxPathBytes || path.Split('/').Any(part => Encoding.UTF8.GetByteCount(part) > MaxNameBytes))
        {
            Refuse(name, $"is longer than {limits.MaxPathBytes} bytes, or one of its parts than {MaxNameBytes}");
            return null;
        }
        return Register(name, path, folder) ? path : null;
    }

    public void Folder(string path)
    {
        if (_refusals == 0) Directory.CreateDirectory(Path.Combine(target, path));
    }

    /// <summary>Writes a file of exactly so many bytes; where the path is null, its content is only read.</summary>
    /// <returns>False: the content has another size than it should have.</returns>
    public bool File(string? path, Stream content, long size, bool executable, CancellationToken ct, Action<ReadOnlySpan<byte>>? onBytes = null)
    {
        using var file = path is null || _refusals > 0 ? null : Create(Path.Combine(target, path));
        for (var left = size; ;)
        {
            ct.ThrowIfCancellationRequested();
            var read = content.Read(_buffer);
            if (read == 0)
            {
                if (file is not null) System.IO.File.SetUnixFileMode(file.SafeFileHandle, executable ? Executable : Plain);
                return left == 0;
            }
            if ((left -= read) < 0) return false;
            onBytes?.Invoke(_buffer.AsSpan(0, read));
            file?.Write(_buffer.AsSpan(0, read));
        }
    }

    /// <exception cref="InstallFailedException">Something was refused, or there was nothing.</exception>
    public void Finish(string kind)
    {
        if (_refusals > NamedEntries) _refused.Add($"and {_refusals - NamedEntries} more");
        if (_refusals > 0) throw Errors.ArchiveBadEntries(_refused);
        if (_files == 0) throw Errors.ArchiveDamaged(kind, "it holds no files.");
    }

    private void CheckRatio(long bytes)
    {
        if (bytes > _ratioBytes) throw Errors.ArchiveBomb(archiveBytes, _ratioBytes);
    }

    private static FileStream Create(string full)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return new FileStream(full, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
    }

    private static string? Fault(string name) => name switch
    {
        "" => "has no name",
        _ when name.Contains('\0') => "has a NUL in its name",
        _ when name.Contains('\\') => "has a backslash in its name",
        _ when name.Contains('\ufffd') => "has a name that is not UTF-8",
        ['/', ..] => "is an absolute path",
        _ when name.Split('/').Contains("..") => "has '..' in its path",
        _ => null,
    };

    private bool Register(string name, string path, bool folder)
    {
        if (_known.TryGetValue(path, out var known))
        {
            // Naming a folder twice, or after what is in it, is common.
            if (folder && known.Folder && known.Path == path) return true;
            Refuse(name, known.Path == path ? "comes twice" : $"differs only in case from '{Shown(known.Path)}'");
            return false;
        }
        if (path.LastIndexOf('/') is > 0 and var end && !Register(name, path[..end], folder: true)) return false;
        _known.Add(path, (path, folder));
        if (_known.Count > limits.MaxFiles) throw Errors.TooManyFiles(limits.MaxFiles);
        if (!folder) _files++;
        return true;
    }

    private static string Shown(string text)
    {
        var clean = string.Concat(text.Select(c => char.IsControl(c) ? '\ufffd' : c));
        return clean.Length <= ShownCharacters ? clean : clean[..ShownCharacters] + "…";
    }
}
