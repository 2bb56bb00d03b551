using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;

namespace Platform.Connectors.Tables.Engine;

/// <summary>What a query would do, in words.</summary>
internal static class Explanation
{
    /// <exception cref="Problem">As the query itself would fail.</exception>
    public static void Answer(Catalog catalog, QueryRequest request, Utf8JsonWriter writer)
    {
        var plan = new Plan(catalog, request.CollectionRelationships);
        var collection = catalog.Collection(request.Collection);
        Relations.Rows(plan, collection, request.Arguments, null);
        Queries.Compile(plan, request.Query, collection.Type);
        var query = request.Query;
        writer.WriteStartObject();
        writer.WriteStartObject("details");
        writer.WriteString("rows", $"{plan.RowsOf(collection.Table).Length} in memory, all of which are read");
        Say("variables", request.Variables is { } sets ? $"the query runs {sets.Count} times" : null);
        Say("predicate", query.Predicate is null ? null : "tested at every row; related rows are found by a hash of the columns that relate them");
        Say("order_by", query.OrderBy is { Elements.Count: > 0 and var count } ? $"by {count} keys, all rows that pass, unless they are in order" : null);
        Say("page", query.Limit is null && query.Offset is null ? null : $"from {query.Offset ?? 0}, at most {query.Limit?.ToString() ?? "all"}");
        writer.WriteEndObject();
        writer.WriteEndObject();

        void Say(string name, string? what)
        {
            if (what is not null)
                writer.WriteString(name, what);
        }
    }
}
