using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;

namespace Platform.Connectors.Tables.Engine;

/// <summary>
/// What all parts of one request share while they become functions over rows. Every name is looked up then, so that a mistake is found whatever rows there are.
/// </summary>
internal sealed class Plan(Catalog catalog, IReadOnlyDictionary<string, Relationship> relationships)
{
    private readonly Dictionary<Table, Row[]> rows = [];

    public Catalog Catalog => catalog;

    /// <summary>One state of a table for the whole request, whatever procedures do meanwhile.</summary>
    public Row[] RowsOf(Table table) => rows.TryGetValue(table, out var known) ? known : rows[table] = table.Rows;

    /// <exception cref="Problem">422: the request defines none of this name.</exception>
    public Relationship Relationship(string name) =>
        relationships.GetValueOrDefault(name) ?? throw Problem.Unknown("relationship", name, relationships.Keys, "in collection_relationships");

    /// <summary>For what stands in lists and dictionaries, where the reader of JSON lets null through.</summary>
    public static Problem Missing(string what) => new(400, "bad_request", $"The body is no request as the NDC specification 0.2 has it: {what} must not be null.");
}
