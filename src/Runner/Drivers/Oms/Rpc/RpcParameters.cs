using Google.Protobuf.Reflection;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Rpc;

/// <summary>What a method takes, as parameters: for actions whose description declares no arguments.</summary>
internal static class RpcParameters
{
    private const int MaxDepth = 8;
    private const int MaxParameters = 2000;
    private const int MaxDescription = 1000;

    /// <summary>Of the method's input; empty where it takes nothing, or anything.</summary>
    public static IReadOnlyList<Parameter> Of(MethodDescriptor method)
    {
        var left = MaxParameters;
        var type = method.InputType;
        if (type.FullName is WellKnown.Struct or WellKnown.Any)
            return [new Parameter("*", "", ParameterTypes.Any)];
        return WellKnown.HasOwnJson(type)
            ? [OfMessage("value", "", type, [], ref left)]
            : Members(type, [], ref left);
    }

    /// <param name="above">The messages that this one lies in: one of them again could go on for ever.</param>
    private static List<Parameter> Members(MessageDescriptor type, IReadOnlyList<MessageDescriptor> above, ref int left)
    {
        List<Parameter> members = [];
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (--left < 0)
                break;
            members.Add(OfField(field, [.. above, type], ref left));
        }

        return members;
    }

    private static Parameter OfField(FieldDescriptor field, IReadOnlyList<MessageDescriptor> above, ref int left)
    {
        var text = Description(field);
        if (field.IsMap)
            return new(field.JsonName, text, ParameterTypes.Map, Elements: Single(field.MessageType.FindFieldByNumber(2), "", "", above, ref left));
        if (field.IsRepeated)
            return new(field.JsonName, text, ParameterTypes.List, Elements: Single(field, "", "", above, ref left));
        var single = Single(field, field.JsonName, text, above, ref left);
        return field.IsRequired ? single with { Validations = [.. single.Validations ?? [], new Validation(ValidationTypes.Required)] } : single;
    }

    private static Parameter Single(FieldDescriptor field, string name, string text, IReadOnlyList<MessageDescriptor> above, ref int left) => field.FieldType switch
    {
        FieldType.Message or FieldType.Group => OfMessage(name, text, field.MessageType, above, ref left),
        FieldType.Bool => new(name, text, ParameterTypes.Bool),
        FieldType.Float or FieldType.Double => new(name, text, ParameterTypes.Float),
        FieldType.String => new(name, text, ParameterTypes.String),
        FieldType.Bytes => new(name, $"{text} Bytes in base64.".TrimStart(), ParameterTypes.String),
        // The model's integers have 64 bits with a sign; the rest of an unsigned one's is left to the message itself.
        FieldType.UInt64 or FieldType.Fixed64 => new(name, text, ParameterTypes.Any),
        FieldType.Enum when field.EnumType.FullName == WellKnown.NullValue => new(name, text, ParameterTypes.Any),
        // Names with a comma can't be: a list of them is exact.
        FieldType.Enum => new(name, text, ParameterTypes.String, Validations: [new(ValidationTypes.Inclusion, string.Join(',', field.EnumType.Values.Select(v => v.Name)))]),
        _ => new(name, text, ParameterTypes.Int),
    };

    private static Parameter OfMessage(string name, string text, MessageDescriptor type, IReadOnlyList<MessageDescriptor> above, ref int left)
    {
        if (WellKnown.HasOwnJson(type))
        {
            return type.Name switch
            {
                "Struct" => new(name, text, ParameterTypes.Object),
                "ListValue" => new(name, text, ParameterTypes.List),
                "Value" or "Any" => new(name, text, ParameterTypes.Any),
                "Timestamp" => new(name, $"{text} A time such as 2026-01-31T12:00:00Z.".TrimStart(), ParameterTypes.String),
                "Duration" => new(name, $"{text} Seconds such as 1.5s.".TrimStart(), ParameterTypes.String),
                "FieldMask" => new(name, $"{text} Names of fields, separated by commas.".TrimStart(), ParameterTypes.String),
                _ => Single(type.FindFieldByNumber(1), name, text, above, ref left),
            };
        }

        return above.Contains(type) || above.Count >= MaxDepth || left <= 0
            ? new(name, text, ParameterTypes.Any)
            : new(name, text, ParameterTypes.Object, Properties: Members(type, above, ref left));
    }

    /// <summary>The comment above a field; only descriptors made by the Installer have any.</summary>
    private static string Description(FieldDescriptor field)
    {
        var text = field.Declaration?.LeadingComments.ReplaceLineEndings(" ").Trim() ?? "";
        return text.Length <= MaxDescription ? text : text[..MaxDescription] + "…";
    }
}
