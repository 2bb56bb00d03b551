using System.Text.Json;
using Platform.Connectors.Tables.Data;
using Platform.Connectors.Tables.Requests;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Engine;

/// <summary>Makes one value of many rows.</summary>
internal static class Aggregates
{
    /// <summary>The type of counts, as <c>/schema</c> says.</summary>
    public const string CountType = "Int";

    public static (Func<IReadOnlyList<Row>, Variables, object?> Compute, DataType Type) One(Aggregate aggregate, ObjectType type)
    {
        switch (aggregate)
        {
            case StarCount:
                return ((rows, _) => rows.Count, DataType.Of(CountType));
            case ColumnCount count:
                var counted = Columns.Of(type, count.Column, count.Arguments, count.FieldPath);
                return ((rows, variables) => Count(rows.Select(row => counted.Read(row, variables)), count.Distinct), DataType.Of(CountType));
            case SingleColumn single:
                var column = Columns.Of(type, single.Column, single.Arguments, single.FieldPath);
                var scalar = column.Scalar(single.Column);
                var function = scalar.Aggregation(single.Function);
                return (
                    (rows, variables) => function.Compute(rows.Select(row => column.Read(row, variables)).OfType<object>()),
                    DataType.Of(function.Result ?? scalar.Name).OrNull);
            default:
                throw Plan.Missing("an aggregate");
        }
    }

    /// <returns>Writes an object of results.</returns>
    public static Action<Utf8JsonWriter, IReadOnlyList<Row>, Variables> All(IReadOnlyDictionary<string, Aggregate> aggregates, ObjectType type)
    {
        var all = aggregates.Select(a => (Name: JsonEncodedText.Encode(a.Key), One(a.Value, type).Compute)).ToArray();
        return (writer, rows, variables) =>
        {
            writer.WriteStartObject();
            foreach (var (name, compute) in all)
            {
                writer.WritePropertyName(name);
                Values.Write(writer, compute(rows, variables));
            }

            writer.WriteEndObject();
        };
    }

    private static int Count(IEnumerable<object?> values, bool distinct)
    {
        var known = values.Where(value => value is not null);
        return distinct ? known.Distinct(Values.Sameness).Count() : known.Count();
    }
}
