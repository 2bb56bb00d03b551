using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>How a collection is paged through.</summary>
/// <param name="Key">The columns that tell its rows apart; empty: none are known to, so the row itself is its name.</param>
/// <param name="Operators">By key column: greater than, and equal where there is more than one column. Null: rows beyond a key can't be asked for, so pages are counted.</param>
internal sealed record CollectionPlan(
    string Collection, IReadOnlyList<string> Columns, IReadOnlyList<string> Key, IReadOnlyList<(string Greater, string? Equal)>? Operators, bool FirstGeneration)
{
    /// <summary>Each page goes on after the last key of the one before: then what is listed is everything, whatever changes meanwhile.</summary>
    public bool ByKey => Operators is not null;

    public static CollectionPlan Of(NdcCollection collection, NdcSchema schema, bool firstGeneration)
    {
        var fields = schema.ObjectTypes.TryGetValue(collection.Type, out var declared) ? declared.Fields : new Dictionary<string, NdcObjectField>();
        // A column that needs arguments can't be asked for without knowing them.
        List<string> columns = [.. fields.Where(f => (f.Value.Arguments ?? new Dictionary<string, NdcArgument>()).All(a => a.Value.Type.IsNullable)).Select(f => f.Key)];
        var keys = (collection.UniquenessConstraints ?? new Dictionary<string, NdcUniqueness>()).OrderBy(c => c.Value.UniqueColumns.Count).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => c.Value.UniqueColumns).Where(k => k.Count > 0 && k.All(columns.Contains) && k.All(c => IsKey(fields[c].Type, schema))).ToList();
        foreach (var key in keys)
            if (OperatorsOf(key, fields, schema) is { } operators)
                return new(collection.Name, columns, key, operators, firstGeneration);
        return new(collection.Name, columns, keys.FirstOrDefault() ?? [], null, firstGeneration);
    }

    /// <param name="after">The values of the key that the page begins after; null: at the beginning.</param>
    public byte[] Request(int rows, IReadOnlyList<JsonElement>? after, long offset)
    {
        var query = new NdcQuery(
            Columns.ToDictionary(c => c, NdcField.OfColumn), Limit: rows, Offset: ByKey || offset == 0 ? null : offset,
            OrderBy: Key.Count == 0 ? null : new([.. Key.Select(NdcOrderByElement.Ascending)]), Predicate: after is null ? null : After(after));
        return JsonSerializer.SerializeToUtf8Bytes(NdcQueryRequest.Of(Collection, query), NdcJson.Options);
    }

    // Of (a, b) after (1, 2): a > 1, or a = 1 and b > 2.
    private JsonObject After(IReadOnlyList<JsonElement> values)
    {
        List<JsonNode> ways = [];
        for (var last = 0; last < Key.Count; last++)
        {
            List<JsonNode> terms = [.. Enumerable.Range(0, last).Select(i => Compare(i, Operators![i].Equal!)), Compare(last, Operators![last].Greater)];
            ways.Add(terms.Count == 1 ? terms[0] : NdcPredicate.And(terms));
        }

        return ways.Count == 1 ? (JsonObject)ways[0] : NdcPredicate.Or(ways);

        JsonObject Compare(int column, string name) => NdcPredicate.Compare(Key[column], name, JsonNode.Parse(values[column].GetRawText()), FirstGeneration);
    }

    private static bool IsKey(NdcType type, NdcSchema schema) => type is { Type: NdcType.Named, Name: { } name } && schema.ScalarTypes.ContainsKey(name);

    private static List<(string, string?)>? OperatorsOf(IReadOnlyList<string> key, IReadOnlyDictionary<string, NdcObjectField> fields, NdcSchema schema)
    {
        List<(string, string?)> operators = [];
        foreach (var column in key)
        {
            var scalar = schema.ScalarTypes[fields[column].Type.Name!];
            if (scalar.OperatorOf(NdcOperator.GreaterThan) is not { } greater || (key.Count > 1 && scalar.OperatorOf(NdcOperator.Equal) is null))
                return null;
            operators.Add((greater, scalar.OperatorOf(NdcOperator.Equal)));
        }

        return operators;
    }
}
