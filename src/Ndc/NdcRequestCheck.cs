using System.Text.Json;

namespace Platform.Ndc;

/// <summary>What a request names and the schema does not have.</summary>
/// <param name="Path">In the request, such as <c>query.fields.id</c>.</param>
/// <param name="Code"><c>unknown_collection</c>, <c>unknown_column</c>, <c>unknown_argument</c>, <c>missing_argument</c>, <c>unknown_relationship</c>, <c>unknown_procedure</c>, <c>required</c> or <c>wrong_type</c>.</param>
/// <param name="Nearest">The known name that is most like it; null: none is, or there is nothing to be like.</param>
public sealed record NdcFinding(string Path, string Code, string Message, string? Nearest = null);

/// <summary>
/// Compares a query with the connector's schema before it is sent: collections, columns, arguments and relationships, wherever the request names them. What
/// it does not know, as of a later version of the specification, it lets pass: the connector has the last word.
/// </summary>
public sealed class NdcRequestCheck
{
    private const int MaxFindings = 50;
    private readonly NdcSchema schema;
    private readonly List<NdcFinding> findings = [];
    private JsonElement relationships;

    private NdcRequestCheck(NdcSchema schema) => this.schema = schema;

    /// <returns>All findings at once, in the order of the request; empty: it may be sent.</returns>
    public static IReadOnlyList<NdcFinding> Query(NdcSchema schema, JsonElement request)
    {
        var check = new NdcRequestCheck(schema);
        check.Request(request);
        return check.findings.Count <= MaxFindings ? check.findings : check.findings[..MaxFindings];
    }

    private void Request(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object)
        {
            findings.Add(new("", "wrong_type", "An NDC query is a JSON object."));
            return;
        }

        relationships = request.TryGetProperty("collection_relationships", out var related) ? related : default;
        foreach (var relationship in Members(relationships))
            if (Text(relationship.Value, "target_collection") is { } target)
                Collection(target, $"collection_relationships.{relationship.Name}.target_collection");
        if (Text(request, "collection") is not { } name)
        {
            findings.Add(new("collection", "required", "The name of a collection or function is needed, as text."));
            return;
        }

        if (request.TryGetProperty("query", out var query) is false || query.ValueKind != JsonValueKind.Object)
            findings.Add(new("query", "required", "The query is needed, as an object."));
        if (Collection(name, "collection") is not { } collection)
            return;
        request.TryGetProperty("arguments", out var arguments);
        Arguments(arguments, collection.Arguments, $"{(collection.IsFunction ? "function" : "collection")} {name}", "arguments");
        Query(query, collection.Columns, "query");
    }

    private void Query(JsonElement query, NdcColumns? columns, string path)
    {
        if (query.ValueKind != JsonValueKind.Object)
            return;
        Fields(Member(query, "fields"), columns, $"{path}.fields");
        foreach (var aggregate in Members(Member(query, "aggregates")))
            if (Text(aggregate.Value, "column") is { } column && !HasPath(aggregate.Value, "field_path"))
                Column(column, columns, $"{path}.aggregates.{aggregate.Name}.column");
        foreach (var (element, at) in Items(Member(Member(query, "order_by"), "elements"), $"{path}.order_by.elements"))
            Target(Member(element, "target"), columns, $"{at}.target");
        Predicate(Member(query, "predicate"), columns, $"{path}.predicate");
    }

    private void Fields(JsonElement fields, NdcColumns? columns, string path)
    {
        foreach (var field in Members(fields))
        {
            var at = $"{path}.{field.Name}";
            if (Text(field.Value, "type") == "relationship")
            {
                var target = Relationship(Text(field.Value, "relationship"), $"{at}.relationship");
                Query(Member(field.Value, "query"), target, $"{at}.query");
            }
            else if (Text(field.Value, "column") is { } column && Column(column, columns, $"{at}.column") is { } declared)
            {
                Arguments(Member(field.Value, "arguments"), declared.Arguments, $"column {column}", $"{at}.arguments");
                Nested(Member(field.Value, "fields"), declared.Type, $"{at}.fields");
            }
        }
    }

    private void Nested(JsonElement nested, NdcType type, string path)
    {
        type = type.NonNull;
        switch (Text(nested, "type"))
        {
            case "array" when type is { Type: NdcType.Array, ElementType: { } element }:
                Nested(Member(nested, "fields"), element, $"{path}.fields");
                break;
            case "object":
                Fields(Member(nested, "fields"), NdcColumns.Of(schema, type), $"{path}.fields");
                break;
        }
    }

    private void Target(JsonElement target, NdcColumns? columns, string path)
    {
        columns = Path(Member(target, "path"), columns, $"{path}.path");
        if (Text(target, "type") == "column" && Text(target, "name") is { } name)
            Column(name, columns, $"{path}.name");
        else if (Text(Member(target, "aggregate"), "column") is { } column && !HasPath(Member(target, "aggregate"), "field_path"))
            Column(column, columns, $"{path}.aggregate.column");
    }

    private void Predicate(JsonElement predicate, NdcColumns? columns, string path)
    {
        switch (Text(predicate, "type"))
        {
            case "and" or "or":
                foreach (var (expression, at) in Items(Member(predicate, "expressions"), $"{path}.expressions"))
                    Predicate(expression, columns, at);
                break;
            case "not":
                Predicate(Member(predicate, "expression"), columns, $"{path}.expression");
                break;
            case "exists":
                Exists(predicate, columns, path);
                break;
            case "unary_comparison_operator" or "binary_comparison_operator" or "array_comparison":
                Target(Member(predicate, "column"), columns, $"{path}.column");
                var value = Member(predicate, "value");
                // Within named scopes the column may be another's.
                if (Text(value, "type") == "column" && Member(value, "scope").ValueKind != JsonValueKind.Number)
                    Target(Member(value, "column") is { ValueKind: JsonValueKind.Object } ofFirstGeneration ? ofFirstGeneration : value, columns, $"{path}.value");
                break;
        }
    }

    private void Exists(JsonElement exists, NdcColumns? columns, string path)
    {
        var within = Member(exists, "in_collection");
        var at = $"{path}.in_collection";
        var target = Text(within, "type") switch
        {
            "related" => Relationship(Text(within, "relationship"), $"{at}.relationship"),
            "unrelated" => Text(within, "collection") is { } name ? Collection(name, $"{at}.collection")?.Columns : null,
            "nested_collection" or "nested_scalar_collection" => Text(within, "column_name") is { } column && Column(column, columns, $"{at}.column_name") is { } declared
                && !HasPath(within, "field_path") && Text(within, "type") == "nested_collection" ? NdcColumns.Of(schema, declared.Type) : null,
            _ => null,
        };
        Predicate(Member(exists, "predicate"), target, $"{path}.predicate");
    }

    private NdcColumns? Path(JsonElement path, NdcColumns? columns, string at)
    {
        foreach (var (element, where) in Items(path, at))
        {
            columns = Relationship(Text(element, "relationship"), $"{where}.relationship");
            Predicate(Member(element, "predicate"), columns, $"{where}.predicate");
        }

        return columns;
    }

    private NdcColumns? Relationship(string? name, string path)
    {
        if (name is null)
            return null;
        if (Member(relationships, name) is { ValueKind: JsonValueKind.Object } declared)
            return Text(declared, "target_collection") is { } target ? NdcColumns.OfCollection(schema, target)?.Columns : null;
        Unknown("relationship", "the request's collection_relationships", name, Members(relationships).Select(m => m.Name), path);
        return null;
    }

    private NdcTarget? Collection(string name, string path)
    {
        if (NdcColumns.OfCollection(schema, name) is { } known)
            return known;
        Unknown("collection", "the connector", name, schema.Collections.Select(c => c.Name).Concat(schema.Functions.Select(f => f.Name)), path);
        return null;
    }

    private NdcObjectField? Column(string name, NdcColumns? columns, string path)
    {
        if (columns is null)
            return null;
        if (columns.Fields.TryGetValue(name, out var declared))
            return declared;
        Unknown("column", columns.Owner, name, columns.Fields.Keys, path);
        return null;
    }

    private void Arguments(JsonElement given, IReadOnlyDictionary<string, NdcArgument>? declared, string of, string path)
    {
        declared ??= new Dictionary<string, NdcArgument>();
        foreach (var argument in Members(given).Where(a => !declared.ContainsKey(a.Name)))
            Unknown("argument", $"the {of}", argument.Name, declared.Keys, $"{path}.{argument.Name}");
        foreach (var (name, _) in declared.Where(a => !a.Value.Type.IsNullable && Member(given, a.Key).ValueKind == JsonValueKind.Undefined))
            findings.Add(new($"{path}.{name}", "missing_argument", $"The {of} needs the argument {name}."));
    }

    private void Unknown(string what, string where, string name, IEnumerable<string> known, string path)
    {
        var nearest = NdcNames.Nearest(name, known);
        var shown = name.Length <= 60 ? name : name[..60] + "…";
        findings.Add(new(path, $"unknown_{what}", $"There is no {what} {shown} in {where}.{(nearest is null ? "" : $" Is {nearest} meant?")}", nearest));
    }

    private static bool HasPath(JsonElement of, string member) => Member(of, member) is { ValueKind: JsonValueKind.Array } array && array.GetArrayLength() > 0;

    private static JsonElement Member(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static IEnumerable<JsonProperty> Members(JsonElement of) => of.ValueKind == JsonValueKind.Object ? of.EnumerateObject() : [];

    private static IEnumerable<(JsonElement Item, string Path)> Items(JsonElement of, string path) =>
        of.ValueKind == JsonValueKind.Array ? of.EnumerateArray().Select((item, i) => (item, $"{path}[{i}]")) : [];
}
