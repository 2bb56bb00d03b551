using System.IO.Compression;
using System.Text.Json;

namespace Platform.Connectors.Files;

/// <summary>
/// What the last run has seen, the connector's state: by it the next run knows which files are new or changed and which are gone. JSON in gzip,
/// since the state may have 1 MiB: that is the listing of some 30,000 files.
/// </summary>
/// <param name="Root">Of another root nothing is known.</param>
/// <param name="Files">Relative path → when it was modified (ticks, UTC) and its size. Null: too many to remember.</param>
/// <param name="Partial">The run had only got so far.</param>
internal sealed record Listing(string Root, Dictionary<string, long[]>? Files, bool Partial = false)
{
    private const int MaxBytes = 1 << 20;

    /// <exception cref="FormatException">It is no listing.</exception>
    public static Listing? Read(byte[]? state)
    {
        if (state is null)
            return null;
        try
        {
            using var packed = new GZipStream(new MemoryStream(state), CompressionMode.Decompress);
            return JsonSerializer.Deserialize<Listing>(packed);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            throw new FormatException("The stored state is no listing of files. Reset it, or start a run that begins anew.", e);
        }
    }

    /// <returns>Where there are too many files to remember, a state that says so: the next run then sends everything.</returns>
    public byte[] Write() => Pack(this) is { Length: <= MaxBytes } state ? state : Pack(this with { Files = null });

    public bool HasUnchanged(string path, FileInfo file) =>
        Files!.TryGetValue(path, out var seen) && seen is [var modified, var size] && file.Exists && file.LastWriteTimeUtc.Ticks == modified && file.Length == size;

    private static byte[] Pack(Listing listing)
    {
        var memory = new MemoryStream();
        using (var packed = new GZipStream(memory, CompressionLevel.Optimal))
            JsonSerializer.Serialize(packed, listing);
        return memory.ToArray();
    }
}
