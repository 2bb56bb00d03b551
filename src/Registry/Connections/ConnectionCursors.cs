using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>The setting <c>cursors</c>: by stream, the column by which runs ask for what has changed.</summary>
internal static class ConnectionCursors
{
    public const string Field = "cursors";
    private const int MaxCursors = 1000;
    private const int MaxNameBytes = 255;

    /// <summary>What is given in the place of what there is (JSON merge patch, RFC 7396: null removes one). Errors are added to the fields.</summary>
    public static IReadOnlyDictionary<string, string> Read(JsonFields fields, IReadOnlyDictionary<string, string> before)
    {
        if (fields.Value(Field) is not { } value) return new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (value.ValueKind != JsonValueKind.Object)
        {
            fields.Add(new(Field, "wrong_type", "Cursors are a JSON object of streams, each with the name of a column."));
            return before;
        }
        var cursors = new SortedDictionary<string, string>(before.ToDictionary(), StringComparer.Ordinal);
        var seen = new HashSet<string>();
        foreach (var member in value.EnumerateObject())
        {
            var path = $"{Field}.{member.Name}";
            if (!seen.Add(member.Name))
                fields.Add(new(path, "duplicate_field", "The stream stands there twice."));
            else if (member.Value.ValueKind == JsonValueKind.Null)
                cursors.Remove(member.Name);
            else if (member.Value.ValueKind != JsonValueKind.String)
                fields.Add(new(path, "wrong_type", "The column of a stream is its name, a string."));
            else if (!IsName(member.Name) || !IsName(member.Value.GetString()!))
                fields.Add(new(path, "invalid_name", $"The name of a stream or a column has 1 to {MaxNameBytes} bytes and no U+0000."));
            else
                cursors[member.Name] = member.Value.GetString()!;
        }
        if (cursors.Count > MaxCursors) fields.Add(new(Field, "out_of_range", $"There may be {MaxCursors} of them."));
        return cursors;
    }

    /// <summary>Every error of cursors that are to be stored.</summary>
    /// <param name="specification">Of the connector's current version; null: it says nothing of itself.</param>
    /// <param name="protocol">Of its manifest; null: c1.</param>
    public static IEnumerable<FieldError> Check(ConnectorSpecification? specification, string? protocol, IReadOnlyDictionary<string, string> cursors)
    {
        // Known with a connection's options only: then a run says what is wrong.
        var isUnknown = protocol == Manifest.PackageProtocol && specification is null or { Streams.Count: 0 };
        if (cursors.Count == 0 || isUnknown) yield break;
        var streams = specification?.Streams ?? [];
        if (protocol != Manifest.PackageProtocol && streams.All(s => s.CursorColumns is not { Count: > 0 }))
        {
            yield return new(Field, "cursors_not_supported", "No stream of this connector can be asked for what has changed by a column.");
            yield break;
        }
        foreach (var (name, column) in cursors)
        {
            var path = $"{Field}.{name}";
            var stream = streams.FirstOrDefault(s => s.Name == name);
            if (stream is null)
                yield return new(path, "unknown_stream", $"There is no such stream. {KnownNames.Suggest([.. streams.Select(s => s.Name)], name)}");
            else if (stream.CursorColumns is { Count: 0 })
                yield return new(path, "cursors_not_supported", "The stream has no column by which what has changed could be asked for, so it is listed whole.");
            // Null: a version that was checked before columns were told.
            else if (stream.CursorColumns is { } columns && !columns.Contains(column))
                yield return new(path, "unknown_column", $"{column} can't be chosen. {KnownNames.Suggest(columns, column)}");
        }
    }

    public static IReadOnlyDictionary<string, string> FromJson(string json) =>
        new SortedDictionary<string, string>(JsonSerializer.Deserialize<Dictionary<string, string>>(json)!, StringComparer.Ordinal);

    private static bool IsName(string name) => name != "" && !name.Contains('\0') && Encoding.UTF8.GetByteCount(name) <= MaxNameBytes;
}
