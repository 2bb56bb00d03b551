using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <param name="In">As it is written; null: it is not said.</param>
internal sealed record DeclaredArgument(Named Named, OmsArgument Argument, YamlNode? In);

internal static class ArgumentReader
{
    public static List<DeclaredArgument> Read(Section action) =>
        [.. Named.Of(action.Findings, action["arguments"], action.PathOf("arguments"), "an argument").Select(named => Read(action.Findings, named))];

    private static DeclaredArgument Read(Findings findings, Named named)
    {
        var argument = ValueReader.Read(findings, named, out var section);
        return new DeclaredArgument(named, argument, section?["in"]);
    }
}
