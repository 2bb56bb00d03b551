using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.Specifications;

/// <summary>What a connector's class says of it. Read by reflection, and only when a host asks.</summary>
internal static class SpecificationOf
{
    /// <summary>False for a connector that takes its options as they are: of those nothing is known.</summary>
    public static bool IsKnown(Type options) => options != typeof(string) && !typeof(JsonNode).IsAssignableFrom(options) && options != typeof(JsonElement) && options != typeof(object);

    /// <exception cref="InvalidOperationException">The class declares what can't be said.</exception>
    public static V1.Specification Read(Type connector, Type options)
    {
        var declared = connector.GetCustomAttribute<ConnectorAttribute>();
        var assembly = connector.Assembly;
        var specification = new V1.Specification
        {
            Name = declared?.Name ?? assembly.GetName().Name ?? "",
            Version = declared?.Version ?? assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "",
            Summary = declared?.Summary ?? "",
            Parameters = { ParametersOf.Members(options) },
        };
        specification.Streams.AddRange(connector.GetCustomAttributes<StreamAttribute>()
            .Select(s => new V1.Stream { Name = s.Name, Description = s.Description, Incremental = s.Incremental }));
        specification.Actions.AddRange(ActionMethod.AllOf(connector, options).Select(a => a.Describe()));
        return specification;
    }
}
