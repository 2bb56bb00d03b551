using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Writes what is asked for of rows, straight into the answer.</summary>
internal static class Fields
{
    public static Action<Utf8JsonWriter, Scope> Object(Plan plan, IReadOnlyDictionary<string, Requests.Field> fields, ObjectType type)
    {
        var all = fields.Select(f => (Name: JsonEncodedText.Encode(f.Key), Write: One(plan, f.Value, type))).ToArray();
        return (writer, scope) =>
        {
            writer.WriteStartObject();
            foreach (var (name, write) in all)
            {
                writer.WritePropertyName(name);
                write(writer, scope);
            }

            writer.WriteEndObject();
        };
    }

    /// <summary>Of a value: all of it without fields, else what they name.</summary>
    public static Action<Utf8JsonWriter, object?, Variables> Nested(Plan plan, NestedField? fields, DataType type)
    {
        switch (fields, type.Known)
        {
            case (null, _):
                return (writer, value, _) => Values.Write(writer, value);
            case (NestedObject chosen, ObjectDataType { Type: var named }):
                var members = Object(plan, chosen.Fields, named);
                return OrNull<Row>((writer, row, variables) => members(writer, new(row, variables)));
            case (NestedArray chosen, ArrayType { Element: var element }):
                var one = Nested(plan, chosen.Fields, element);
                return OrNull<object?[]>((writer, array, variables) =>
                {
                    writer.WriteStartArray();
                    foreach (var value in array)
                        one(writer, value, variables);
                    writer.WriteEndArray();
                });
            case (NestedCollection chosen, ArrayType { Element.Known: ObjectDataType { Type: var row } }):
                var rows = Queries.Compile(plan, chosen.Query, row);
                return OrNull<object?[]>((writer, array, variables) => rows(writer, [.. array.OfType<Row>()], variables));
            default:
                var asked = fields switch { NestedObject => "an object", NestedArray => "an array", _ => "an array of objects" };
                throw Problem.Unfit("fields_do_not_fit", $"The fields ask for {asked}, and the value is {type}.");
        }
    }

    private static Action<Utf8JsonWriter, Scope> One(Plan plan, Requests.Field field, ObjectType type)
    {
        switch (field)
        {
            case ColumnField chosen:
                var column = Columns.Of(type, chosen.Column, chosen.Arguments);
                var write = Nested(plan, chosen.Fields, column.Type);
                return (writer, scope) => write(writer, column.Read(scope.Row, scope.Variables), scope.Variables);
            case RelationshipField chosen:
                var related = Relations.Follow(plan, new(type), chosen.Relationship, chosen.Arguments, null);
                var rows = Queries.Compile(plan, chosen.Query, related.Type);
                return (writer, scope) => rows(writer, related.Rows(scope), scope.Variables);
            default:
                throw Plan.Missing("a field");
        }
    }

    private static Action<Utf8JsonWriter, object?, Variables> OrNull<T>(Action<Utf8JsonWriter, T, Variables> write)
        where T : class =>
        (writer, value, variables) =>
        {
            if (value is T known)
                write(writer, known, variables);
            else
                writer.WriteNullValue();
        };
}
