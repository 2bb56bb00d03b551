using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>
/// Makes a message of arguments by the JSON mapping of Protocol Buffers (protobuf.dev/programming-guides/json). Names are taken as the .proto spells
/// them and in lowerCamelCase; all that is wrong is found at once.
/// </summary>
internal sealed class JsonToMessage(RpcTypes types)
{
    private readonly List<FieldViolation> violations = [];

    /// <returns>Null, and what is wrong.</returns>
    public static (ByteString? Message, IReadOnlyList<FieldViolation> Violations) Read(RpcTypes types, MessageDescriptor type, JsonObject arguments)
    {
        var reader = new JsonToMessage(types);
        // Arguments have names; what has none in JSON is called value, as it is in an Any.
        var isWrapped = WellKnown.HasOwnJson(type) && type.FullName is not (WellKnown.Struct or WellKnown.Any);
        try
        {
            using var json = JsonDocument.Parse(arguments.ToJsonString());
            var message = isWrapped ? reader.Wrapped(type, json.RootElement, "") : reader.Message(type, json.RootElement, "");
            return reader.violations.Count == 0 ? (Wire.Bytes(message!), []) : (null, reader.violations);
        }
        // From what decodes late.
        catch (InvalidOperationException)
        {
            return (null, [new("", "The arguments have half of a surrogate pair in a string.")]);
        }
    }

    /// <returns>A message, or bytes where <see cref="WellKnown"/> has it so; null, and there is a violation.</returns>
    private object? Message(MessageDescriptor type, JsonElement json, string path) =>
        WellKnown.HasOwnJson(type) ? WellKnown.Read(this, types, type, json, path)
        : json.ValueKind == JsonValueKind.Object ? Members(new WireMessage(type), json, path, "")
        : Wrong(path, $"an object with the fields of {type.FullName}");

    /// <summary>An object whose member <c>value</c> is the message, as there are in an Any.</summary>
    public object? Wrapped(MessageDescriptor type, JsonElement json, string path)
    {
        foreach (var member in json.EnumerateObject().Where(m => m.Name is not ("value" or "@type")))
            Violate(At(path, member.Name), $"There is no such field: a {type.FullName} has its value in the field value.");
        return json.TryGetProperty("value", out var value) ? Message(type, value, At(path, "value"))
            : path.Length == 0 ? ByteString.Empty : Wrong(At(path, "value"), $"the value of a {type.FullName}");
    }

    /// <param name="besides">A member that is no field.</param>
    public WireMessage Members(WireMessage message, JsonElement json, string path, string besides)
    {
        var fields = types.FieldsOf(message.Type);
        Dictionary<int, string> given = [];
        Dictionary<OneofDescriptor, string> oneofs = [];
        foreach (var member in json.EnumerateObject().Where(m => m.Name != besides))
        {
            var at = At(path, member.Name);
            if (!fields.TryGetValue(member.Name, out var field))
                Violate(at, $"There is no such field; {message.Type.FullName} has {(fields.Count == 0 ? "none" : Names(message.Type.Fields.InDeclarationOrder()))}.");
            else if (member.Value.ValueKind == JsonValueKind.Null && (field.IsRepeated || !WellKnown.TakesNull(field)))
                continue;
            else if (!given.TryAdd(field.FieldNumber, member.Name))
                Violate(at, $"The field is given twice, as {given[field.FieldNumber]} too.");
            else if (field.RealContainingOneof is { } oneof && !oneofs.TryAdd(oneof, member.Name))
                Violate(at, $"Only one of {Names(oneof.Fields)} may be given, and {oneofs[oneof]} is.");
            else
                Field(message, field, member.Value, at);
        }

        foreach (var field in message.Type.Fields.InDeclarationOrder().Where(f => f.IsRequired && !given.ContainsKey(f.FieldNumber)))
            Violate(At(path, field.JsonName), "The field is required.");
        return message;
    }

    public void Field(WireMessage message, FieldDescriptor field, JsonElement json, string path)
    {
        if (field.IsMap && json.ValueKind != JsonValueKind.Object)
            Wrong(path, "an object");
        else if (field.IsMap)
            Map(message, field, json, path);
        else if (!field.IsRepeated && Value(field, json, path) is { } single)
            message.Set(field, single);
        else if (field.IsRepeated && json.ValueKind != JsonValueKind.Array)
            Wrong(path, "a list");
        else if (field.IsRepeated)
            message.List(field.FieldNumber).AddRange(json.EnumerateArray().Select((item, position) => Value(field, item, $"{path}[{position}]")).OfType<object>());
    }

    private void Map(WireMessage message, FieldDescriptor field, JsonElement json, string path)
    {
        var (keyField, valueField) = (field.MessageType.FindFieldByNumber(1), field.MessageType.FindFieldByNumber(2));
        foreach (var member in json.EnumerateObject())
        {
            var at = At(path, member.Name);
            var name = keyField.FieldType == FieldType.Bool && member.Name is "true" or "false"
                ? JsonSerializer.SerializeToElement(member.Name == "true") : JsonSerializer.SerializeToElement(member.Name);
            var key = Value(keyField, name, at);
            if (Value(valueField, member.Value, at) is { } value && key is not null)
                message.List(field.FieldNumber).Add(new WireMessage(field.MessageType).With(1, key).With(2, value));
        }
    }

    /// <returns>Null, and there is a violation.</returns>
    private object? Value(FieldDescriptor field, JsonElement json, string path)
    {
        var isNumber = json.ValueKind == JsonValueKind.Number;
        if (field.FieldType is FieldType.Message or FieldType.Group)
        {
            var message = Message(field.MessageType, json, path);
            if (message is WireMessage group)
                group.IsGroup = types.IsGroup(field);
            return message;
        }

        if (field.FieldType == FieldType.Enum && field.EnumType.FullName == WellKnown.NullValue && json.ValueKind == JsonValueKind.Null)
            return 0;
        if (field.FieldType == FieldType.Bool)
            return json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : Wrong(path, "true or false");
        if (!isNumber && json.ValueKind != JsonValueKind.String)
            return Wrong(path, Expected(field));
        var text = isNumber ? json.GetRawText() : json.GetString()!;
        object? value = field.FieldType switch
        {
            FieldType.String => isNumber ? null : text,
            FieldType.Bytes => isNumber ? null : Base64(text),
            FieldType.Enum when isNumber => Whole(FieldType.Int32, text) is int number && (!types.IsClosed(field.EnumType) || field.EnumType.FindValueByNumber(number) is not null) ? number : null,
            FieldType.Enum => field.EnumType.FindValueByName(text)?.Number,
            FieldType.Double => Real(text) is { } real ? real : null,
            FieldType.Float => Real(text) is { } real && (!double.IsFinite(real) || float.IsFinite((float)real)) ? (float)real : null,
            _ => Whole(field.FieldType, text),
        };
        return value ?? Wrong(path, Expected(field));
    }

    public object? Wrong(string path, string expected)
    {
        Violate(path, $"The field must be {expected}.");
        return null;
    }

    public void Violate(string path, string message)
    {
        if (violations.Count < ParameterRules.MaxErrors)
            violations.Add(new(path, message));
    }

    public static string At(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static object? Whole(FieldType type, string text)
    {
        // 1.0 and 1e3 are whole as well; a decimal holds all of 64 bits exactly.
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.StartsWith('+') || !decimal.TryParse(text, style, CultureInfo.InvariantCulture, out var number) || number != decimal.Truncate(number))
            return null;
        try { return Convert.ChangeType(number, Wire.Scalars[type].Zero.GetType(), CultureInfo.InvariantCulture); }
        catch (OverflowException) { return null; }
    }

    private static double? Real(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, NumberStyles.Float & ~(NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite), CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null,
    };

    /// <summary>Both alphabets, with and without padding.</summary>
    private static ByteString? Base64(string text)
    {
        try { return UnsafeByteOperations.UnsafeWrap(Base64Url.DecodeFromChars(text.Replace('+', '-').Replace('/', '_'))); }
        catch (FormatException) { return null; }
    }

    private static string Expected(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => "text",
        FieldType.Bytes => "bytes in base64",
        FieldType.Double or FieldType.Float => $"a number of {(field.FieldType == FieldType.Float ? 32 : 64)} bits, or NaN, Infinity or -Infinity as text",
        FieldType.Enum => $"one of {string.Join(", ", field.EnumType.Values.Take(50).Select(v => v.Name))}, or its number",
        var type => $"a whole number of {Wire.Scalars[type].Zero switch { long => "64 bits", ulong => "64 bits, not negative", uint => "32 bits, not negative", _ => "32 bits" }}",
    };

    private static string Names(IEnumerable<FieldDescriptor> fields) => string.Join(", ", fields.Take(50).Select(f => f.JsonName));
}
