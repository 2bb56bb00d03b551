using System.Text.Json;
using Platform.Connectors.Tables.Schema;

namespace Platform.Connectors.Tables.Data;

/// <summary>Values as they are in memory: null, a scalar (see <see cref="Scalars"/>), <c>object?[]</c> for an array, <see cref="Row"/> for an object.</summary>
internal static class Values
{
    /// <summary>Null before all else; text by its UTF-16 code units.</summary>
    public static Comparer<object?> Order { get; } = Comparer<object?>.Create(Compare);

    /// <summary>For keys of several values: a join, a group, a distinct count.</summary>
    public static IEqualityComparer<object?> Sameness { get; } = new ByContent();

    public static bool AreEqual(object? a, object? b) => Sameness.Equals(a, b);

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (null, null) => 0,
        (null, _) => -1,
        (_, null) => 1,
        (int x, int y) => x.CompareTo(y),
        (string x, string y) => string.CompareOrdinal(x, y),
        (long x, long y) => x.CompareTo(y),
        (bool x, bool y) => x.CompareTo(y),
        (int or long, int or long) => Convert.ToInt64(a).CompareTo(Convert.ToInt64(b)),
        (int or long or double, int or long or double) => Convert.ToDouble(a).CompareTo(Convert.ToDouble(b)),
        _ => throw Problem.Unfit("not_comparable", "Only values of the same scalar type can be compared or ordered."),
    };

    public static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case int number: writer.WriteNumberValue(number); break;
            case string text: writer.WriteStringValue(text); break;
            case long number: writer.WriteStringValue(number.ToString()); break;
            case double number: writer.WriteNumberValue(number); break;
            case bool yes: writer.WriteBooleanValue(yes); break;
            case object?[] array:
                writer.WriteStartArray();
                foreach (var one in array)
                    Write(writer, one);
                writer.WriteEndArray();
                break;
            case Row row:
                writer.WriteStartObject();
                for (var i = 0; i < row.Type.Fields.Count; i++)
                {
                    writer.WritePropertyName(row.Type.Fields[i].Name);
                    Write(writer, row[i]);
                }

                writer.WriteEndObject();
                break;
        }
    }

    /// <exception cref="Problem">422: it is not of this type; where says what it is the value of.</exception>
    public static object? FromJson(JsonElement json, DataType type, string where) => (type, json.ValueKind) switch
    {
        (NullableType, JsonValueKind.Null) => null,
        (NullableType nullable, _) => FromJson(json, nullable.Underlying, where),
        (ScalarDataType { Scalar: var scalar }, not JsonValueKind.Null) => scalar.FromJson(json) ?? throw Mismatch(json, type, where),
        (ArrayType { Element: var element }, JsonValueKind.Array) => json.EnumerateArray().Select((one, i) => FromJson(one, element, $"{where}[{i}]")).ToArray(),
        (ObjectDataType { Type: var named }, JsonValueKind.Object) => RowFromJson(json, named, where),
        _ => throw Mismatch(json, type, where),
    };

    private static Row RowFromJson(JsonElement json, ObjectType type, string where)
    {
        foreach (var member in json.EnumerateObject())
            type.IndexOf(member.Name);
        return new(type, [.. type.Fields.Select(field =>
            json.TryGetProperty(field.Name, out var value) ? FromJson(value, field.Type, $"{where}.{field.Name}")
            : field.Type.IsNullable ? null
            : throw Problem.Unfit("value_missing", $"{where} has no {field.Name}, which must be there."))]);
    }

    private static Problem Mismatch(JsonElement json, DataType type, string where)
    {
        var text = json.GetRawText();
        return Problem.Unfit("bad_value", $"{where} must be {type}, not {(text.Length > 60 ? text[..60] + "…" : text)}.");
    }

    private sealed class ByContent : IEqualityComparer<object?>
    {
        public new bool Equals(object? a, object? b) => (a, b) switch
        {
            (null, null) => true,
            (null, _) or (_, null) => false,
            (object?[] x, object?[] y) => x.AsSpan().SequenceEqual(y, this),
            (Row x, Row y) => x.Type == y.Type && Enumerable.Range(0, x.Type.Fields.Count).All(i => Equals(x[i], y[i])),
            (object?[] or Row, _) or (_, object?[] or Row) => false,
            _ => a.Equals(b) || (a.GetType() != b.GetType() && a is not string && b is not string && Compare(a, b) == 0),
        };

        public int GetHashCode(object? value)
        {
            switch (value)
            {
                case object?[] array:
                    var hash = new HashCode();
                    foreach (var one in array)
                        hash.Add(GetHashCode(one));
                    return hash.ToHashCode();
                case Row row: return row.Type.Fields.Count == 0 ? 0 : GetHashCode(row[0]);
                // Numbers that are equal have the same code, whatever their type.
                case int number: return ((double)number).GetHashCode();
                case long number: return ((double)number).GetHashCode();
                default: return value?.GetHashCode() ?? 0;
            }
        }
    }
}
