using System.Text.Json;

namespace Platform.Connectors.Tables.Schema;

/// <summary>The type of a column, an argument or a result. In tables.json: <c>Int</c>, <c>article</c>, <c>[String]</c>, and <c>?</c> behind it for nullable.</summary>
internal abstract record DataType
{
    /// <summary>The same without what says that it may be null.</summary>
    public DataType Known => this is NullableType nullable ? nullable.Underlying.Known : this;

    public bool IsNullable => this is NullableType;

    public DataType OrNull => this is NullableType ? this : new NullableType(this);

    public static DataType Of(string name) => new ScalarDataType(Scalars.All[name]);

    /// <returns>Null: a name in it is neither a scalar type nor one of the types; or it is no notation at all.</returns>
    public static DataType? Parse(string text, IReadOnlyDictionary<string, ObjectType> types)
    {
        text = text.Trim();
        if (text.EndsWith('?'))
            return Parse(text[..^1], types) is { IsNullable: false } underlying ? new NullableType(underlying) : null;
        if (text.StartsWith('[') && text.EndsWith(']'))
            return Parse(text[1..^1], types) is { } element ? new ArrayType(element) : null;
        if (Scalars.All.TryGetValue(text, out var scalar))
            return new ScalarDataType(scalar);
        return types.TryGetValue(text, out var type) ? new ObjectDataType(type) : null;
    }

    /// <summary>As <c>/schema</c> tells it.</summary>
    public abstract void Write(Utf8JsonWriter writer);

    protected static void Named(Utf8JsonWriter writer, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "named");
        writer.WriteString("name", name);
        writer.WriteEndObject();
    }

    protected static void Around(Utf8JsonWriter writer, string type, string member, DataType inner)
    {
        writer.WriteStartObject();
        writer.WriteString("type", type);
        writer.WritePropertyName(member);
        inner.Write(writer);
        writer.WriteEndObject();
    }
}

internal sealed record ScalarDataType(ScalarType Scalar) : DataType
{
    public override void Write(Utf8JsonWriter writer) => Named(writer, Scalar.Name);

    public override string ToString() => Scalar.Name;
}

internal sealed record ObjectDataType(ObjectType Type) : DataType
{
    public override void Write(Utf8JsonWriter writer) => Named(writer, Type.Name);

    public override string ToString() => Type.Name;
}

internal sealed record ArrayType(DataType Element) : DataType
{
    public override void Write(Utf8JsonWriter writer) => Around(writer, "array", "element_type", Element);

    public override string ToString() => $"[{Element}]";
}

internal sealed record NullableType(DataType Underlying) : DataType
{
    public override void Write(Utf8JsonWriter writer) => Around(writer, "nullable", "underlying_type", Underlying);

    public override string ToString() => $"{Underlying}?";
}

/// <summary>An argument that is a predicate over rows of a type.</summary>
internal sealed record PredicateType(ObjectType Type) : DataType
{
    public override void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type", "predicate");
        writer.WriteString("object_type_name", Type.Name);
        writer.WriteEndObject();
    }

    public override string ToString() => $"a predicate over {Type.Name}";
}
