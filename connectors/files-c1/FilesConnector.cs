using System.Runtime.CompilerServices;
using Platform.Connectors;

namespace Platform.Connectors.Files.C1;

/// <param name="Root">The folder to list; absolute.</param>
internal sealed record FilesOptions(string? Root = null);

/// <summary>The twin of connectors/files for hosts that speak c1 and nothing else: every run sends every file.</summary>
internal sealed class FilesConnector : Connector<FilesOptions>
{
    private const int PageSize = 500;

    public override async IAsyncEnumerable<SyncMessage> SyncAsync(
        FilesOptions options, SyncContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(options.Root) || !Path.IsPathRooted(options.Root))
            throw new ArgumentException("The option root is missing or not absolute. Give the folder to list: {\"root\": \"/usr/share/doc\"}.");
        if (!Directory.Exists(options.Root))
            throw new DirectoryNotFoundException($"There is no folder {options.Root}, or this connector may not see it.");

        var root = Path.TrimEndingDirectorySeparator(options.Root);
        var sent = 0;
        var page = new List<DataObject>(PageSize);
        foreach (var path in FileTree.RelativePaths(root))
        {
            if (await FileObject.ReadAsync(root, path, cancellationToken) is not { } file)
                continue;
            page.Add(file.ToData());
            sent++;
            if (page.Count < PageSize)
                continue;
            yield return SyncMessage.Page(page);
            page = new(PageSize);
        }

        if (page.Count > 0)
            yield return SyncMessage.Page(page);
        yield return SyncMessage.FullListing();
        yield return SyncMessage.Result($$"""{"files":{{sent}}}""");
    }
}
