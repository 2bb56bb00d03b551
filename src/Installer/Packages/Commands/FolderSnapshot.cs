using System.Security.Cryptography;

namespace Platform.Installer.Packages.Commands;

/// <summary>What a folder holds, as far as a change of it matters: by path, the kind, the content and whether it is executable.</summary>
internal static class FolderSnapshot
{
    public const string Folder = "folder";
    private const string Link = "link ", File = "file ", Program = "program ";

    public static Task<IReadOnlyDictionary<string, string>> TakeAsync(string root, InstallOptions limits, CancellationToken ct) => Task.Run(IReadOnlyDictionary<string, string> () =>
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in Tree.Walk(root, limits))
        {
            ct.ThrowIfCancellationRequested();
            found[item.Path] = item.Entry.Kind switch
            {
                Posix.Kind.Folder => Folder,
                Posix.Kind.Link => Link + new FileInfo(item.FullPath).LinkTarget,
                _ => (item.Entry.Executable ? Program : File) + Digest(item.FullPath),
            };
        }
        return found;
    }, ct);

    public static bool AreSame(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(entry => other.GetValueOrDefault(entry.Key) == entry.Value);

    /// <summary>Files and links that are not as they were; folders alone are nothing to tell of.</summary>
    public static IReadOnlyList<FileChange> Compare(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after) =>
    [
        .. before.Keys.Union(after.Keys).Where(path => before.GetValueOrDefault(path) != after.GetValueOrDefault(path)).Order(StringComparer.Ordinal)
            .Select(path => (path, IsFile(before.GetValueOrDefault(path)), IsFile(after.GetValueOrDefault(path))) switch
            {
                (_, false, true) => new FileChange(path, "added"),
                (_, true, false) => new FileChange(path, "removed"),
                (_, true, true) => new FileChange(path, "changed"),
                _ => null,
            }).OfType<FileChange>(),
    ];

    public static string LinkTo(string target) => Link + target;

    /// <returns>Null: it is no link.</returns>
    public static string? LinkTarget(string entry) => entry.StartsWith(Link, StringComparison.Ordinal) ? entry[Link.Length..] : null;

    private static bool IsFile(string? entry) => entry is not null and not Folder;

    private static string Digest(string path)
    {
        using var content = System.IO.File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}

/// <param name="Path">Below the folder.</param>
/// <param name="Change"><c>added</c>, <c>changed</c> or <c>removed</c>.</param>
internal sealed record FileChange(string Path, string Change);
