using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>A query: some of the rows, in an order, and what is told of them. Aggregates and groups are of the same rows, after limit and offset.</summary>
internal static class Queries
{
    /// <summary>Answers a request: a row set for each set of variables.</summary>
    /// <exception cref="Problem">400 or 422; then nothing that was written counts.</exception>
    public static void Answer(Catalog catalog, QueryRequest request, Utf8JsonWriter writer)
    {
        var plan = new Plan(catalog, request.CollectionRelationships);
        var collection = catalog.Collection(request.Collection);
        var rows = Relations.Rows(plan, collection, request.Arguments, null);
        var write = Compile(plan, request.Query, collection.Type);
        writer.WriteStartArray();
        foreach (var variables in request.Variables?.Select(v => new Variables(v ?? throw Plan.Missing("a set of variables"))) ?? [Variables.None])
            write(writer, rows(null, variables), variables);
        writer.WriteEndArray();
    }

    /// <returns>Writes the row set of a query over given rows.</returns>
    public static Action<Utf8JsonWriter, IReadOnlyList<Row>, Variables> Compile(Plan plan, Query query, ObjectType type)
    {
        var test = query.Predicate is null ? null : Predicates.Compile(plan, query.Predicate, new(type));
        var sort = Orders.Compile(plan, query.OrderBy, type);
        var (offset, limit) = (NotNegative(query.Offset, "offset") ?? 0, NotNegative(query.Limit, "limit"));
        var aggregates = query.Aggregates is null ? null : Aggregates.All(query.Aggregates, type);
        var fields = query.Fields is null ? null : Fields.Object(plan, query.Fields, type);
        var groups = query.Groups is null ? null : Groups.Compile(plan, query.Groups, type);
        return (writer, all, variables) =>
        {
            var rows = Page(sort([.. test is null ? all : all.Where(row => test(new(row, variables)))], variables), offset, limit);
            writer.WriteStartObject();
            if (aggregates is not null)
            {
                writer.WritePropertyName("aggregates");
                aggregates(writer, rows, variables);
            }

            if (fields is not null)
            {
                writer.WriteStartArray("rows");
                foreach (var row in rows)
                    fields(writer, new(row, variables));
                writer.WriteEndArray();
            }

            if (groups is not null)
            {
                writer.WritePropertyName("groups");
                groups(writer, rows, variables);
            }

            writer.WriteEndObject();
        };
    }

    public static int? NotNegative(int? count, string name) =>
        count is < 0 ? throw new Problem(400, "bad_request", $"{name} must not be negative.") : count;

    private static ArraySegment<Row> Page(Row[] rows, int offset, int? limit)
    {
        var from = Math.Min(offset, rows.Length);
        return new(rows, from, Math.Min(limit ?? int.MaxValue, rows.Length - from));
    }
}
