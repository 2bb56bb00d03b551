using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using Platform.Connectors;

namespace Platform.Connectors.Files;

internal sealed record FilesOptions([Parameter("The folder to list; absolute."), RegularExpression("/.*")] string Root);

/// <summary>One object per regular file below a folder; connectors/README.md gives the format, which files-go shares.</summary>
[Connector("files", Summary = "The files below a folder, one object each")]
[Stream("", "One object per regular file", Incremental = true)]
internal sealed class FilesConnector : Connector<FilesOptions>
{
    private const int PageSize = 500;
    // A state is the whole listing so far: saved with every page it would cost more than the files, and a large one doesn't fit.
    private const int FilesPerState = 5_000;
    private const int MostFilesOnTheWay = 25_000;

    /// <summary>
    /// The first run sends every file and remembers what it has seen; the next ones send what is new or changed, by time and size, and what is gone.
    /// Where too many files are to be remembered, every run sends everything. A first run that fails on its way is gone on with by its next attempt;
    /// another run would not know what else there was, and begins anew.
    /// </summary>
    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        FilesOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var root = RequireRoot(options);
        var before = Listing.Read(context.State<byte[]>()) is { Files: not null } listing && listing.Root == root && (!listing.Partial || context.CanContinue())
            ? listing
            : null;
        yield return before is null ? SyncMessage.BeginFull() : context.CanContinue() ? SyncMessage.BeginContinued() : SyncMessage.BeginIncremental();

        var paths = FileTree.RelativePaths(root);
        var known = before?.Files ?? [];
        var there = new HashSet<string>(paths.Count);
        var sent = 0;
        var page = new List<DataObject>(PageSize);
        foreach (var path in paths)
        {
            if (before?.HasUnchanged(path, new FileInfo(FileObject.FullPath(root, path))) == true)
            {
                there.Add(path);
                continue;
            }

            if (await FileObject.ReadAsync(root, path, cancellationToken) is not { } file)
                continue;
            there.Add(path);
            known[path] = [file.Modified.Ticks, file.Size];
            page.Add(file.ToData());
            sent++;
            if (page.Count < PageSize)
                continue;
            yield return SyncMessage.Page(page);
            if (sent % FilesPerState == 0 && before is null or { Partial: true } && known.Count <= MostFilesOnTheWay)
                yield return SyncMessage.State(new Listing(root, known, Partial: true).Write());
            yield return SyncMessage.Progress($"{there.Count} of {paths.Count} files", (double)there.Count / paths.Count);
            page = new(PageSize);
        }

        if (page.Count > 0)
            yield return SyncMessage.Page(page);
        string[] gone = [.. known.Keys.Where(path => !there.Contains(path))];
        foreach (var some in gone.Chunk(PageSize))
            yield return SyncMessage.Deletes(some);
        foreach (var path in gone)
            known.Remove(path);
        yield return SyncMessage.State(new Listing(root, known).Write());
        yield return SyncMessage.Result($$"""{"files":{{known.Count}},"sent":{{sent}},"gone":{{gone.Length}}}""");
    }

    public override Task<IReadOnlyList<CheckResult>> CheckAsync(FilesOptions options, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<CheckResult>>([CheckRoot(options.Root)]);

    [Action("Reads one file again: whether it still is what the last run has brought.")]
    public async Task<HashedFile> RehashAsync(FilesOptions options, RehashArguments arguments, CancellationToken cancellationToken)
    {
        var root = RequireRoot(options);
        if (!FileTree.IsBelow(root, arguments.Path))
            throw NoSuchFile();
        var file = await FileObject.ReadAsync(root, arguments.Path, cancellationToken) ?? throw NoSuchFile();
        return new(file.Path, file.Size, file.ModifiedText, file.Sha256);

        ActionException NoSuchFile() => new(
            "no_such_file", $"There is no regular file {arguments.Path} below the root.", violations: [new("path", "The path of a regular file, relative to the root.")]);
    }

    [Action("Lists the largest files, the largest first.")]
    public async Task<IReadOnlyList<SizedFile>> LargestAsync(FilesOptions options, LargestArguments arguments, ActionContext context, CancellationToken cancellationToken)
    {
        var root = RequireRoot(options);
        await context.Report("listing", null);
        var files = FileTree.RelativePaths(root).Select(path => (Path: path, File: new FileInfo(FileObject.FullPath(root, path)))).Where(f => f.File.Exists);
        return [.. files.Select(f => new SizedFile(f.Path, f.File.Length)).OrderByDescending(f => f.Size).ThenBy(f => f.Path, StringComparer.Ordinal).Take(arguments.Count)];
    }

    private static string RequireRoot(FilesOptions options) => CheckRoot(options.Root) is { Passed: false } failed
        ? throw new DirectoryNotFoundException($"{failed.Message} {failed.Hint}")
        : Path.TrimEndingDirectorySeparator(options.Root);

    private static CheckResult CheckRoot(string root)
    {
        if (!Path.IsPathRooted(root))
            return CheckResult.Fail("root", "The option root is not absolute.", "Give the folder to list: {\"root\": \"/usr/share/doc\"}.");
        if (!Directory.Exists(root))
            return CheckResult.Fail("root", $"There is no folder {root}, or this connector may not see it.", "Name a folder that the platform's connectors may read.");
        try
        {
            _ = Directory.EnumerateFileSystemEntries(root).FirstOrDefault();
            return CheckResult.Pass("root", $"{root} is a folder that can be read.");
        }
        catch (UnauthorizedAccessException)
        {
            return CheckResult.Fail("root", $"The folder {root} can't be read.", "Let the platform's connectors read it.");
        }
    }
}

internal sealed record RehashArguments([Parameter("The file's path, relative to the root.")] string Path);

/// <param name="Mtime">UTC, whole seconds.</param>
internal sealed record HashedFile(string Path, long Size, string Mtime, string Sha256);

internal sealed record LargestArguments([Parameter("So many."), Range(1, 1000)] int Count = 10);

internal sealed record SizedFile(string Path, long Size);
