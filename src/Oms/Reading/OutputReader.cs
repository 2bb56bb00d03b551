using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

internal static class OutputReader
{
    public static OmsOutput Read(Section parent)
    {
        // output: none
        if (parent["output"] is YamlScalar scalar) return new OmsOutput(Known(TypeNames.Read(parent.Findings, scalar, parent.PathOf("output"))));
        if (parent.Child("output", Vocabulary.Output) is not { } output) return new OmsOutput();
        var type = output["type"] is { } node ? Known(TypeNames.Read(output.Findings, node, output.PathOf("type")))
            : output["properties"] is not null ? OmsTypes.Object : OmsTypes.Any;
        if (output["type"] is null) output.Warn(output.At, "missing_type", "type", $"type is missing; {type} is taken.");
        return new OmsOutput(type, output.Text("contentType") ?? "", ValueReader.Elements(output, type), ValueReader.Properties(output, type), (output.Text("help") ?? "").Trim());
    }

    // An output's values are not listed anywhere.
    private static string Known(string type) => type == TypeNames.Enum ? OmsTypes.String : type;
}
