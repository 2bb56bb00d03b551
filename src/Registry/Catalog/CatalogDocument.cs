using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

namespace Platform.Registry.Catalog;

/// <param name="Position">In the index, from 0.</param>
/// <param name="Name">As it stands there; null when it is no text.</param>
public sealed record SkippedEntry(int Position, string? Name, IReadOnlyList<FieldError> Errors);

/// <summary>
/// An index document: an array of manifests, as c1's <c>connectors.json</c> is. One entry that can't be used does not take the others with it, and
/// fields that only other hosts know are passed over.
/// </summary>
internal sealed record CatalogDocument(IReadOnlyList<Manifest> Connectors, IReadOnlyList<SkippedEntry> Skipped)
{
    public const int MaxBytes = 4 * 1024 * 1024;

    public static readonly CatalogDocument Empty = new([], []);

    /// <param name="source">Where it came from: relative paths of Local sources in a file are meant from its folder.</param>
    /// <exception cref="ProblemException">It is no array, or no JSON.</exception>
    public static CatalogDocument Read(string source, ReadOnlyMemory<byte> utf8)
    {
        using var json = JsonText.Parse(utf8, "The index");
        if (json.RootElement.ValueKind != JsonValueKind.Array)
            throw Errors.CatalogIndexInvalid(source, "it is not a JSON array of manifests");

        var (connectors, skipped) = (new List<Manifest>(), new List<SkippedEntry>());
        var position = -1;
        foreach (var entry in json.RootElement.EnumerateArray())
        {
            position++;
            try
            {
                connectors.Add(ReadEntry(source, entry));
            }
            catch (ProblemException e)
            {
                skipped.Add(new(position, NameOf(entry), e.Problem.Errors ?? []));
            }
        }
        return new(connectors, skipped);
    }

    private static Manifest ReadEntry(string source, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object) return ManifestReader.Read(entry, null);
        var known = new JsonObject();
        foreach (var property in entry.EnumerateObject().Where(p => ManifestReader.Fields.Contains(p.Name)))
            known[property.Name] = JsonNode.Parse(property.Value.GetRawText());
        var field = TextOf("source") switch { "Local" => "uri", "Server" => "described_by", _ => "" };
        if (source.StartsWith('/') && TextOf(field) is { Length: > 0 } path && !Path.IsPathRooted(path) && !path.Contains("://", StringComparison.Ordinal))
            known[field] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, path));
        return ManifestReader.Read(JsonSerializer.SerializeToElement(known), null);

        string? TextOf(string name) => known[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    private static string? NameOf(JsonElement entry) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
}
