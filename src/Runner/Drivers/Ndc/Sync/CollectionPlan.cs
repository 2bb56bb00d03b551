using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>A column beyond whose values rows can be asked for.</summary>
/// <param name="Greater">The name of its operator <c>greater_than</c>.</param>
/// <param name="Equal">Of <c>equal</c>; null: it has none, so no other column can come after it.</param>
internal sealed record OrderedColumn(string Name, string Greater, string? Equal);

/// <summary>How a collection is paged through.</summary>
/// <param name="Key">The columns that tell its rows apart; empty: none are known to, so the row itself is its name.</param>
/// <param name="KeyOrder">The same columns with their operators. Null: rows beyond a key can't be asked for, so pages are counted.</param>
/// <param name="Cursors">The columns by which what has changed can be asked for.</param>
internal sealed record CollectionPlan(
    string Collection, IReadOnlyList<string> Columns, IReadOnlyList<string> Key, IReadOnlyList<OrderedColumn>? KeyOrder, IReadOnlyList<OrderedColumn> Cursors, bool FirstGeneration)
{
    /// <summary>Each page goes on after the last key of the one before: then what is listed is everything, whatever changes meanwhile.</summary>
    public bool ByKey => KeyOrder is not null;

    /// <summary>The one of <see cref="Cursors"/> that was chosen; null: none.</summary>
    public OrderedColumn? Cursor { get; init; }

    /// <summary>What is read of every row: its key, and behind that the cursor, where it is no part of the key.</summary>
    public IReadOnlyList<string> Read => Cursor is { Name: var cursor } && !Key.Contains(cursor) ? [.. Key, cursor] : Key;

    /// <summary>The order of what has changed: by the cursor, and by the key where that is the same.</summary>
    public IReadOnlyList<OrderedColumn> CursorOrder => [Cursor!, .. KeyOrder!.Where(c => c.Name != Cursor!.Name)];

    public static CollectionPlan Of(NdcCollection collection, NdcSchema schema, bool firstGeneration)
    {
        var fields = schema.ObjectTypes.TryGetValue(collection.Type, out var declared) ? declared.Fields : new Dictionary<string, NdcObjectField>();
        // A column that needs arguments can't be asked for without knowing them.
        List<string> columns = [.. fields.Where(f => (f.Value.Arguments ?? new Dictionary<string, NdcArgument>()).All(a => a.Value.Type.IsNullable)).Select(f => f.Key)];
        var keys = (collection.UniquenessConstraints ?? new Dictionary<string, NdcUniqueness>()).OrderBy(c => c.Value.UniqueColumns.Count).ThenBy(c => c.Key, StringComparer.Ordinal)
            .Select(c => c.Value.UniqueColumns).Where(k => k.Count > 0 && k.All(columns.Contains) && k.All(c => IsScalar(fields[c].Type, schema))).ToList();
        foreach (var key in keys)
        {
            List<OrderedColumn> order = [.. key.Select(c => Ordered(c, fields, schema)).OfType<OrderedColumn>()];
            if (order.Count == key.Count && (key.Count == 1 || order.All(c => c.Equal is not null)))
                return new(collection.Name, columns, key, order, [.. columns.Select(c => Ordered(c, fields, schema)).Where(c => c?.Equal is not null)!], firstGeneration);
        }

        return new(collection.Name, columns, keys.FirstOrDefault() ?? [], null, [], firstGeneration);
    }

    /// <summary>A page of a listing.</summary>
    /// <param name="after">The values of the key that the page begins after; null: at the beginning.</param>
    /// <param name="offset">Rows to pass over, where pages are counted.</param>
    public byte[] ListingRequest(int rows, IReadOnlyList<JsonElement>? after, long offset) =>
        Request(rows, Key, after is null ? null : After(KeyOrder!, after), ByKey || offset == 0 ? null : offset);

    /// <summary>A page of what has changed.</summary>
    /// <param name="since">Rows with this value of the cursor and those beyond it.</param>
    /// <param name="after">The values of <see cref="CursorOrder"/> that the page begins after; null: at <paramref name="since"/>.</param>
    public byte[] ChangesRequest(int rows, JsonElement since, IReadOnlyList<JsonElement>? after) => Request(
        rows, CursorOrder.Select(c => c.Name),
        after is null ? NdcPredicate.Or([Compare(Cursor!.Name, Cursor.Greater, since), Compare(Cursor.Name, Cursor.Equal!, since)]) : After(CursorOrder, after));

    /// <summary>The row with the largest value of the cursor, of which there is nothing but that.</summary>
    public NdcQueryRequest LargestRequest() => NdcQueryRequest.Of(Collection, new(
        new Dictionary<string, NdcField> { [Cursor!.Name] = NdcField.OfColumn(Cursor.Name) }, Limit: 1, OrderBy: new([NdcOrderByElement.Descending(Cursor.Name)])));

    private byte[] Request(int rows, IEnumerable<string> order, JsonObject? predicate, long? offset = null)
    {
        var elements = order.Select(NdcOrderByElement.Ascending).ToList();
        var query = new NdcQuery(
            Columns.ToDictionary(c => c, NdcField.OfColumn), Limit: rows, Offset: offset, OrderBy: elements.Count == 0 ? null : new(elements), Predicate: predicate);
        return JsonSerializer.SerializeToUtf8Bytes(NdcQueryRequest.Of(Collection, query), NdcJson.Options);
    }

    // Of (a, b) after (1, 2): a > 1, or a = 1 and b > 2.
    private JsonObject After(IReadOnlyList<OrderedColumn> order, IReadOnlyList<JsonElement> values)
    {
        List<JsonNode> ways = [];
        for (var last = 0; last < order.Count; last++)
        {
            List<JsonNode> terms = [.. Enumerable.Range(0, last).Select(i => Compare(order[i].Name, order[i].Equal!, values[i])), Compare(order[last].Name, order[last].Greater, values[last])];
            ways.Add(terms.Count == 1 ? terms[0] : NdcPredicate.And(terms));
        }

        return ways.Count == 1 ? (JsonObject)ways[0] : NdcPredicate.Or(ways);
    }

    private JsonObject Compare(string column, string name, JsonElement value) => NdcPredicate.Compare(column, name, JsonNode.Parse(value.GetRawText()), FirstGeneration);

    private static bool IsScalar(NdcType type, NdcSchema schema) => type is { Type: NdcType.Named, Name: { } name } && schema.ScalarTypes.ContainsKey(name);

    private static OrderedColumn? Ordered(string column, IReadOnlyDictionary<string, NdcObjectField> fields, NdcSchema schema) =>
        IsScalar(fields[column].Type, schema) && schema.ScalarTypes[fields[column].Type.Name!] is var scalar && scalar.OperatorOf(NdcOperator.GreaterThan) is { } greater
            ? new(column, greater, scalar.OperatorOf(NdcOperator.Equal)) : null;
}
