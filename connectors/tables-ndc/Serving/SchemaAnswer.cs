using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Engine;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Serving;

/// <summary>The catalog as <c>/schema</c> tells it.</summary>
internal static class SchemaAnswer
{
    public static void Write(Catalog catalog, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        Each(writer, "scalar_types", Scalars.All, Write);
        Each(writer, "object_types", catalog.Types, Write);
        writer.WriteStartArray("collections");
        foreach (var collection in catalog.Collections.Values)
            Write(writer, collection);
        writer.WriteEndArray();
        writer.WriteStartArray("functions");
        foreach (var function in catalog.Functions.Values)
            Write(writer, function.Name, function.Description, [], function.Type.Fields[0].Type);
        writer.WriteEndArray();
        writer.WriteStartArray("procedures");
        foreach (var procedure in catalog.Procedures.Values)
            Write(writer, procedure.Name, procedure.Description, [(procedure.Argument, procedure.ArgumentDescription, procedure.ArgumentType)], procedure.ResultType);
        writer.WriteEndArray();
        writer.WriteStartObject("capabilities");
        writer.WriteStartObject("query");
        writer.WriteStartObject("aggregates");
        writer.WriteString("count_scalar_type", Aggregates.CountType);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WritePropertyName("request_arguments");
        writer.WriteRawValue("""{"query_arguments": {}, "mutation_arguments": {}, "relational_query_arguments": {}}""");
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ScalarType scalar)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("representation");
        writer.WriteString("type", scalar.Representation);
        writer.WriteEndObject();
        Each(writer, "aggregate_functions", scalar.Aggregations.ToDictionary(a => a.Name), (_, a) => Kind(writer, a.Kind, a.Result));
        Each(writer, "comparison_operators", scalar.Comparisons.ToDictionary(c => c.Name), (_, c) =>
        {
            writer.WriteStartObject();
            writer.WriteString("type", c.Kind);
            if (c.Kind == "custom")
                Type(writer, "argument_type", new ScalarDataType(scalar));
            writer.WriteEndObject();
        });
        Each(writer, "extraction_functions", scalar.Extractions.ToDictionary(e => e.Name), (_, e) => Kind(writer, e.Name, Scalars.Int.Name));
        writer.WriteEndObject();
    }

    private static void Kind(Utf8JsonWriter writer, string kind, string? result)
    {
        writer.WriteStartObject();
        writer.WriteString("type", kind);
        if (result is not null)
            writer.WriteString("result_type", result);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, ObjectType type)
    {
        writer.WriteStartObject();
        Description(writer, type.Description);
        Each(writer, "fields", type.Fields.ToDictionary(f => f.Name), (_, field) =>
        {
            writer.WriteStartObject();
            Description(writer, field.Description);
            Type(writer, "type", field.Type);
            if (field.Type.Known is ArrayType)
                Arguments(writer, [("limit", "The largest number of elements", DataType.Of("Int").OrNull)]);
            writer.WriteEndObject();
        });
        Each(writer, "foreign_keys", type.ForeignKeys, (_, key) =>
        {
            writer.WriteStartObject();
            Each(writer, "column_mapping", key.Columns, (_, there) =>
            {
                writer.WriteStartArray();
                writer.WriteStringValue(there);
                writer.WriteEndArray();
            });
            writer.WriteString("foreign_collection", key.Collection);
            writer.WriteEndObject();
        });
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Collection collection)
    {
        writer.WriteStartObject();
        writer.WriteString("name", collection.Name);
        Description(writer, collection.Description);
        Arguments(writer, collection.Arguments.Select(a => (a.Key, (string?)null, a.Value)));
        writer.WriteString("type", collection.Type.Name);
        Each(writer, "uniqueness_constraints", collection.Keys, (_, columns) =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("unique_columns");
            foreach (var column in columns)
                writer.WriteStringValue(column);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
        writer.WriteEndObject();
    }

    private static void Write(
        Utf8JsonWriter writer, string name, string? description, IEnumerable<(string Name, string? Description, DataType Type)> arguments, DataType result)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        Description(writer, description);
        Arguments(writer, arguments);
        Type(writer, "result_type", result);
        writer.WriteEndObject();
    }

    private static void Arguments(Utf8JsonWriter writer, IEnumerable<(string Name, string? Description, DataType Type)> arguments) =>
        Each(writer, "arguments", arguments.ToDictionary(a => a.Name), (_, argument) =>
        {
            writer.WriteStartObject();
            Description(writer, argument.Description);
            Type(writer, "type", argument.Type);
            writer.WriteEndObject();
        });

    private static void Type(Utf8JsonWriter writer, string name, DataType type)
    {
        writer.WritePropertyName(name);
        type.Write(writer);
    }

    private static void Description(Utf8JsonWriter writer, string? description)
    {
        if (description is not null)
            writer.WriteString("description", description);
    }

    private static void Each<T>(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, T> all, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartObject(name);
        foreach (var (key, one) in all)
        {
            writer.WritePropertyName(key);
            write(writer, one);
        }

        writer.WriteEndObject();
    }
}
