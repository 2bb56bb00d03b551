namespace Platform.Ndc;

/// <summary>What can be selected from: the fields of an object type.</summary>
/// <param name="Owner">For messages.</param>
internal sealed record NdcColumns(string Owner, IReadOnlyDictionary<string, NdcObjectField> Fields)
{
    /// <summary>Null: no such collection or function.</summary>
    public static NdcTarget? OfCollection(NdcSchema schema, string name)
    {
        if (schema.Collections.FirstOrDefault(c => c.Name == name) is { } collection)
            return new(collection.Arguments, schema.ObjectTypes.TryGetValue(collection.Type, out var rows) ? new($"the collection {name}", rows.Fields) : null, false);
        return schema.Functions.FirstOrDefault(f => f.Name == name) is not { } function ? null
            : new(function.Arguments, new($"the function {name}", new Dictionary<string, NdcObjectField> { [NdcFunction.ValueColumn] = new(function.ResultType) }), true);
    }

    /// <summary>Of a value that is an object, or a list of such. Null: it is none, so nothing is known of it.</summary>
    public static NdcColumns? Of(NdcSchema schema, NdcType type) => type.NonNull switch
    {
        { Type: NdcType.Array, ElementType: { } element } => Of(schema, element),
        { Type: NdcType.Named, Name: { } name } when schema.ObjectTypes.TryGetValue(name, out var declared) => new($"the type {name}", declared.Fields),
        _ => null,
    };
}

/// <param name="Columns">Null: its type is not in the schema.</param>
internal sealed record NdcTarget(IReadOnlyDictionary<string, NdcArgument>? Arguments, NdcColumns? Columns, bool IsFunction);

/// <summary>Which name may be meant by one that nobody knows.</summary>
internal static class NdcNames
{
    private const int LongestName = 100;

    /// <summary>The one with the fewest letters to put in, take out or change, unless that is more than half of it.</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        if (name.Length > LongestName)
            return null;
        var plain = Plain(name);
        var nearest = known.Where(k => k.Length <= LongestName).MinBy(k => Distance(plain, Plain(k)));
        return nearest is not null && Distance(plain, Plain(nearest)) <= Math.Max(1, Math.Min(name.Length, nearest.Length) / 2) ? nearest : null;
    }

    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
        }

        return row[^1];
    }

    // Camel, snake and kebab case are one.
    private static string Plain(string name) => name.ToLowerInvariant().Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
