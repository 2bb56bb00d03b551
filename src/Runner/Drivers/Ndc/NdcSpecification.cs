using System.Text;
using Platform.Contracts;
using Platform.Ndc;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Drivers.Ndc.Sync;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>What a packaged connector is to the platform: options from its environment, streams from its collections, actions from its functions and procedures.</summary>
internal static class NdcSpecification
{
    private const int MaxVersion = 200;
    private static readonly string[] SecretWords = ["secret", "token", "password", "passwd", "key", "credential", "uri", "url", "dsn", "connection", "auth"];

    /// <summary>The options of its connections. A package does not say which of its variables are secret: those without a public default, and those that are called so, are.</summary>
    public static IReadOnlyList<Parameter> Options(PackageRuntime runtime) =>
    [
        .. (runtime.Variables ?? []).Where(v => !PackageRuntime.IsReserved(v.Name)).DistinctBy(v => v.Name, StringComparer.Ordinal).Select(v => new Parameter(
            v.Name, v.Description ?? "", ParameterTypes.String, v.Default, v.Default is null || SecretWords.Any(w => v.Name.Contains(w, StringComparison.OrdinalIgnoreCase)),
            v.Required && v.Default is null ? [new(ValidationTypes.Required)] : [], Verbatim: true)).Where(p => Problem([p], [], []) is null),
        new("*", "Any other variable of the connector's environment.", ParameterTypes.String, Secret: true, Verbatim: true, ReservedPrefixes: PackageRuntime.ReservedPrefixes),
    ];

    /// <param name="schema">Null: it can't be known without a connection's options.</param>
    /// <param name="leftOut">What could not be taken over and why, one sentence each.</param>
    public static ConnectorSpecification Of(string name, PackageRuntime runtime, NdcCapabilities? capabilities, NdcSchema? schema, out IReadOnlyList<string> leftOut)
    {
        List<string> reasons = [];
        leftOut = reasons;
        var version = runtime.ImageName ?? runtime.Image;
        return new(
            name, version.Length <= MaxVersion ? version : version[..MaxVersion], capabilities is null ? "" : $"A packaged connector, NDC {capabilities.Version}.",
            Options(runtime), schema is null ? [] : Streams(schema, capabilities is { IsFirstGeneration: true }, reasons), schema is null ? [] : Actions(schema, reasons));
    }

    /// <summary>A collection that can be listed as it stands.</summary>
    public static bool IsStream(NdcCollection collection) => (collection.Arguments ?? new Dictionary<string, NdcArgument>()).All(a => a.Value.Type.IsNullable);

    private static List<StreamSpecification> Streams(NdcSchema schema, bool firstGeneration, List<string> reasons)
    {
        List<StreamSpecification> streams = [];
        foreach (var collection in schema.Collections)
        {
            // What can't be written in a setting can't be chosen.
            var cursors = CollectionPlan.Of(collection, schema, firstGeneration).Cursors.Select(c => c.Name)
                .Where(c => !c.Any(char.IsControl) && Encoding.UTF8.GetByteCount(c) <= ParameterRules.MaxNameBytes).ToList();
            var stream = new StreamSpecification(collection.Name, collection.Description ?? "", Incremental: cursors.Count > 0, CursorColumns: cursors);
            var why = !IsStream(collection) ? "it takes arguments, so it can only be queried" : Problem([], [stream], []);
            if (why is null)
                streams.Add(stream);
            else
                reasons.Add($"The collection {collection.Name} is no stream: {why}");
        }

        return streams;
    }

    private static List<ActionSpecification> Actions(NdcSchema schema, List<string> reasons)
    {
        var parameters = new NdcParameters(schema);
        List<ActionSpecification> actions = [];
        foreach (var function in schema.Functions)
            Add("function", new(
                function.Name, function.Description ?? "", parameters.OfArguments(function.Arguments), parameters.OfResult(function.ResultType), Idempotent: true));
        foreach (var procedure in schema.Procedures)
            Add("procedure", new(
                procedure.Name, procedure.Description ?? "", parameters.OfArguments(procedure.Arguments), parameters.OfResult(procedure.ResultType), Mutates: true));
        return actions;

        void Add(string kind, ActionSpecification action)
        {
            var why = actions.Any(a => a.Name == action.Name) ? "a function has the same name" : Problem([], [], [action]);
            if (why is null)
                actions.Add(action);
            else
                reasons.Add($"The {kind} {action.Name} is no action: {why}");
        }
    }

    private static string? Problem(IReadOnlyList<Parameter> options, IReadOnlyList<StreamSpecification> streams, IReadOnlyList<ActionSpecification> actions) =>
        ParameterRules.Problems(new("connector", "1", "", options, streams, actions)) is { Count: > 0 } problems ? string.Join(" ", problems) : null;
}
