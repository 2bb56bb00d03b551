using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Platform.Connectors;

namespace Platform.Connectors.Files;

/// <param name="Root">The folder to list; absolute.</param>
internal sealed record FilesOptions(string? Root = null);

/// <summary>One object per regular file below a folder; connectors/README.md gives the format, which files-go shares.</summary>
internal sealed class FilesConnector : Connector<FilesOptions>
{
    private const int PageSize = 500;
    private const int ReadBytes = 64 * 1024;

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
            if (await DescribeAsync(root, path, cancellationToken) is not { } file)
                continue;
            page.Add(file);
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

    /// <returns>Null: the file went away while the tree was walked.</returns>
    private static async Task<DataObject?> DescribeAsync(string root, string path, CancellationToken cancellationToken)
    {
        var full = root == "/" ? "/" + path : root + "/" + path;
        try
        {
            await using var content = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
            var modified = File.GetLastWriteTimeUtc(content.SafeFileHandle);
            var (size, hash) = await HashAsync(content, cancellationToken);
            var mtime = modified.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            return new(path, "file", "file://" + full,
                $$"""{"size":{{size}},"mtime":"{{mtime}}","sha256":"{{Convert.ToHexStringLower(hash)}}","media_type":"{{MediaTypes.Of(path)}}"}""");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static async Task<(long Size, byte[] Hash)> HashAsync(FileStream content, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ReadBytes);
        try
        {
            long size = 0;
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                sha256.AppendData(buffer, 0, read);
                size += read;
            }

            return (size, sha256.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
