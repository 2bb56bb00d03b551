using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Platform.Connectors;

namespace Platform.Connectors.Files;

/// <summary>A file as it was read.</summary>
/// <param name="Path">Relative to the root.</param>
/// <param name="Modified">UTC, before it was read: a later change shows in the next run.</param>
internal sealed record FileObject(string Root, string Path, long Size, DateTime Modified, byte[] Hash)
{
    private const int ReadBytes = 64 * 1024;

    public string Sha256 => Convert.ToHexStringLower(Hash);

    public string ModifiedText => Modified.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string FullPath(string root, string path) => root == "/" ? "/" + path : root + "/" + path;

    /// <returns>Null: the file has gone away.</returns>
    public static async Task<FileObject?> ReadAsync(string root, string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var content = new FileStream(
                FullPath(root, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
            var modified = File.GetLastWriteTimeUtc(content.SafeFileHandle);
            var (size, hash) = await HashAsync(content, cancellationToken);
            return new(root, path, size, modified, hash);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>In the format of connectors/README.md, which files-go shares.</summary>
    public DataObject ToData() => new(Path, "file", "file://" + FullPath(Root, Path),
        $$"""{"size":{{Size}},"mtime":"{{ModifiedText}}","sha256":"{{Sha256}}","media_type":"{{MediaTypes.Of(Path)}}"}""");

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
