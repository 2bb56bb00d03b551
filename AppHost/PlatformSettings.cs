using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Platform.AppHost;

/// <summary>What the AppHost's own configuration decides, from the command line (--Platform:Persistent=false) or the environment (Platform__Persistent).</summary>
internal sealed class PlatformSettings(IDistributedApplicationBuilder builder)
{
    private readonly string repository = Path.GetFullPath(Path.Combine(builder.AppHostDirectory, ".."));

    /// <summary>Platform:DataDirectory, an absolute path; the folder in which each service that keeps files gets one of its name. Default: data in the repository.</summary>
    internal string DataDirectory => builder.Configuration["Platform:DataDirectory"] ?? Path.Combine(repository, "data");

    /// <summary>Platform:Persistent: whether PostgreSQL and RabbitMQ keep their data for the next start. Default: true.</summary>
    internal bool Persistent => builder.Configuration.GetValue("Platform:Persistent", true);

    /// <summary>Platform:GatewayPort; null: the one of the Gateway's launchSettings.json.</summary>
    internal int? GatewayPort => builder.Configuration.GetValue<int?>("Platform:GatewayPort");

    /// <summary>Platform:RunnerReplicas: how many Runners share the runs. Default: 1.</summary>
    internal int RunnerReplicas => builder.Configuration.GetValue("Platform:RunnerReplicas", 1);

    /// <summary>
    /// Platform:ContainerEngine: <c>auto</c>, the engine that answers on this machine, else one of the platform's own where that can be; <c>off</c>, none; or the
    /// path of an engine's socket. Default: auto.
    /// </summary>
    internal string ContainerEngine => builder.Configuration["Platform:ContainerEngine"] is { Length: > 0 } given ? given : "auto";

    /// <summary>Local:Roots, the folders below which a connector's source may lie. Default: the repository.</summary>
    internal IReadOnlyList<string> LocalRoots => List("Local:Roots") is { Count: > 0 } given ? given : [repository];

    /// <summary>Outbound:Allow, the hosts that requests to a caller's address may reach although they are not globally routable. Default: none.</summary>
    internal IReadOnlyList<string> OutboundAllow => List("Outbound:Allow");

    /// <summary>Connectors:ReadablePaths, the files of this machine that connectors may read besides /usr and /etc. Default: none.</summary>
    internal IReadOnlyList<string> ReadablePaths => List("Connectors:ReadablePaths");

    /// <summary>Catalog:Sources, the index documents whose connectors can be installed by name. Default: the sample connectors.</summary>
    internal IReadOnlyList<string> Catalogs => List("Catalog:Sources") is { Count: > 0 } given ? given : [Path.Combine(repository, "connectors", "catalog.json")];

    internal static IEnumerable<(string Name, string Value)> Indexed(string section, IReadOnlyList<string> values) =>
        values.Select((value, i) => (string.Create(CultureInfo.InvariantCulture, $"{section}__{i}"), value));

    private List<string> List(string section) => builder.Configuration.GetSection(section).Get<List<string>>() ?? [];
}
