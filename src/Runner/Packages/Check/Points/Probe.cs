using System.Text.Json;
using Platform.Ndc;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>What is known of the connector, for the points that ask it something.</summary>
/// <param name="Query">Null: there is nothing that can be asked without arguments.</param>
internal sealed record Probe(NdcCapabilities? Capabilities, NdcSchema? Schema, ProbeQuery? Query)
{
    private const int MaxFields = 8;
    private const int Rows = 3;

    /// <summary>The first rows of the first collection that takes no arguments, else a function.</summary>
    public static ProbeQuery? QueryOf(NdcSchema schema)
    {
        foreach (var collection in schema.Collections.Where(c => NeedsNothing(c.Arguments) && schema.ObjectTypes.ContainsKey(c.Type)))
        {
            var fields = schema.ObjectTypes[collection.Type].Fields.Where(f => NeedsNothing(f.Value.Arguments)).Select(f => f.Key).Take(MaxFields).ToList();
            if (fields.Count > 0)
                return Of($"collection {collection.Name}", collection.Name, fields);
        }

        return schema.Functions.FirstOrDefault(f => NeedsNothing(f.Arguments)) is { } function ? Of($"function {function.Name}", function.Name, [NdcFunction.ValueColumn]) : null;
    }

    private static ProbeQuery Of(string what, string name, IReadOnlyList<string> fields) => new(
        what, fields, JsonSerializer.Serialize(NdcQueryRequest.Of(name, new(fields.ToDictionary(f => f, NdcField.OfColumn), Limit: Rows)), NdcJson.Options));

    private static bool NeedsNothing(IReadOnlyDictionary<string, NdcArgument>? arguments) => arguments is null || arguments.Values.All(a => a.Type.IsNullable);
}

/// <param name="What">It asks for; for messages.</param>
/// <param name="Body">As JSON.</param>
internal sealed record ProbeQuery(string What, IReadOnlyList<string> Fields, string Body);
