using Platform.Installer.Installs;

namespace Platform.Installer.Services;

/// <summary>The files that a description names beside itself, such as a .proto, where only the description was fetched.</summary>
internal static class Companions
{
    /// <param name="read">Gives a file by its path relative to the description; null: there is none, which is said later by whoever needs it.</param>
    public static async Task TakeAsync(string target, string description, Func<string, Task<byte[]?>> read, InstallLog log, CancellationToken ct)
    {
        foreach (var path in DescriptionFile.Companions(DescriptionFile.Read(target, description)))
        {
            if (await read(path) is not { } content) continue;
            var file = Path.Combine(target, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllBytesAsync(file, content, ct);
            log.Note($"took {path}, which {description} names");
        }
    }
}
