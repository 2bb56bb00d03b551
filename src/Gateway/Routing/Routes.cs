using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Platform.Gateway.Routing;

/// <summary>Which service answers which path: the table of the architecture, as routes of the proxy.</summary>
internal static class Routes
{
    private const string StreamMark = ":stream";

    private static readonly (string Path, string Service, bool Stream)[] Table =
    [
        ("/v1/connectors/{**rest}", "registry", false),
        ("/v1/catalog", "registry", false),
        ("/v1/lock", "registry", false),
        ("/v1/connections/{**rest}", "registry", false),
        ("/v1/connections/{name}/state", "ingest", false),
        // An action is waited for, a check takes its time.
        ("/v1/connections/{name}/actions/{**rest}", "runner", true),
        ("/v1/connections/{name}/check", "runner", true),
        ("/v1/connections/{name}/query/{**rest}", "runner", true),
        ("/v1/connections/{name}/subscriptions/{**rest}", "runner", false),
        ("/v1/invocations/{**rest}", "runner", true),
        ("/v1/installs/{**rest}", "registry", false),
        ("/v1/installs/{id}/log", "installer", true),
        ("/v1/images/builds/{**rest}", "installer", false),
        ("/v1/images/builds/{id}/log", "installer", true),
        // Commands of packages: as long as they take.
        ("/v1/images/validations", "installer", true),
        ("/v1/images/configurations/{**rest}", "installer", true),
        ("/v1/runs/{**rest}", "runner", false),
        ("/v1/runs/{id}/progress", "runner", true),
        ("/v1/runs/{id}/log", "runner", true),
        // The deletion of a large stream: minutes without a byte.
        ("/v1/runs/{id}/sweep", "runner", true),
        ("/v1/schedules/{**rest}", "runner", false),
        ("/v1/oms/check", "runner", false),
        // Up to two minutes.
        ("/v1/images/check", "runner", true),
        ("/v1/objects/{**rest}", "ingest", false),
        ("/v1/rejects/{**rest}", "ingest", false),
        ("/v1/objects/export", "ingest", true),
    ];

    public static readonly IReadOnlyList<string> Services = [.. Table.Select(row => row.Service).Distinct()];

    public static IReadOnlyList<RouteConfig> All => [.. Table.Select(row => new RouteConfig
    {
        RouteId = row.Path,
        ClusterId = ClusterId(row.Service, row.Stream),
        Match = new RouteMatch { Path = row.Path },
    })];

    /// <summary>Two per service: answers are due in time, streams may be silent for hours, as exports are while nothing is found.</summary>
    public static IReadOnlyList<ClusterConfig> Clusters(TimeSpan answerWithin) => [.. Table.Select(row => (row.Service, row.Stream)).Distinct().Select(row => new ClusterConfig
    {
        ClusterId = ClusterId(row.Service, row.Stream),
        Destinations = new Dictionary<string, DestinationConfig> { [row.Service] = new() { Address = $"http://{row.Service}" } },
        HttpRequest = new ForwarderRequestConfig { ActivityTimeout = row.Stream ? Timeout.InfiniteTimeSpan : answerWithin },
    })];

    public static bool IsStream(string clusterId) => clusterId.EndsWith(StreamMark, StringComparison.Ordinal);

    public static string ServiceOf(string clusterId) => clusterId.Split(':')[0];

    /// <summary>Of a service's streams, which may be silent for hours.</summary>
    public static string StreamsOf(string service) => ClusterId(service, true);

    private static string ClusterId(string service, bool stream) => stream ? service + StreamMark : service;
}
