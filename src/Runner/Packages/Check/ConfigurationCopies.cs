using System.Security.Cryptography;
using System.Text;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check;

/// <summary>The configuration that the image is checked with: containers get copies, each its own, which any user can read.</summary>
/// <param name="source">Null: none was given, and the folder is empty.</param>
internal sealed class ConfigurationCopies(string? source) : IDisposable
{
    /// <summary>Below a configuration, and no part of it: connectors leave it alone.</summary>
    public const string Reserved = ".hasura";

    private const int MaxFiles = 10_000;
    private const long MaxBytes = 64 << 20;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.UserWrite;
    private const UnixFileMode Enterable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private readonly string root = Directory.CreateTempSubdirectory("image-check-").FullName;
    private int count;

    /// <summary>There are files that an image may read.</summary>
    public bool HasFiles => source is not null && Files(source).Any();

    /// <exception cref="ProblemException">422 <c>configuration_too_large</c> or <c>configuration_unreadable</c>.</exception>
    public string Copy()
    {
        try
        {
            return CopyAll();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ProblemException(new(
                "configuration_unreadable", 422, "The configuration can't be read", e.Message, "See to it that the Runner's user can read all of the folder."), e);
        }
    }

    /// <summary>A copy with a reserved folder whose files are of no format.</summary>
    public string CopyWithReserved()
    {
        var copy = Copy();
        var reserved = Directory.CreateDirectory(Path.Combine(copy, Reserved), Enterable).FullName;
        foreach (var name in (ReadOnlySpan<string>)["configuration.json", "config.yaml", "state"])
            File.WriteAllText(Path.Combine(reserved, name), "{ this is: [no configuration");
        return copy;
    }

    /// <summary>A copy in which nothing can be read as what it was.</summary>
    public string CopyWithout()
    {
        var copy = Copy();
        foreach (var file in Files(copy))
            File.WriteAllText(file, "{ this is: [no configuration");
        return copy;
    }

    /// <summary>All names below a folder with what they hold, in one text.</summary>
    public static string State(string folder)
    {
        var state = new StringBuilder();
        foreach (var entry in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            state.Append(Path.GetRelativePath(folder, entry)).Append(' ')
                .AppendLine(File.Exists(entry) ? Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(entry))) : "folder");
        return state.ToString();
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(root, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Temporary all the same.
        }
    }

    private string CopyAll()
    {
        var copy = Directory.CreateDirectory(Path.Combine(root, $"{Interlocked.Increment(ref count)}"), Enterable).FullName;
        var (files, bytes) = (0, 0L);
        foreach (var file in source is null ? [] : Files(source))
        {
            if (++files > MaxFiles || (bytes += new FileInfo(file).Length) > MaxBytes)
                throw new ProblemException(new("configuration_too_large", 422, "The configuration is too large to be checked with",
                    $"{source} holds more than {MaxFiles} files or {MaxBytes >> 20} MiB.", "Give the folder that holds the configuration alone."));
            if (!LocalPath.IsRegular(file))
                throw new IOException($"{file} is no file that can be read to its end.");
            var target = Path.Combine(copy, Path.GetRelativePath(source!, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!, Enterable);
            File.Copy(file, target);
            File.SetUnixFileMode(target, Readable);
        }

        return copy;
    }

    // Links are left out: where they lead is not part of the folder.
    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*", new EnumerationOptions
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = false,
    }).Where(f => !Path.GetRelativePath(folder, f).StartsWith(Reserved + "/", StringComparison.Ordinal));
}
