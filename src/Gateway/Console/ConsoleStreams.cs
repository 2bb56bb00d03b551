using Platform.Gateway.Console.Session;
using Yarp.ReverseProxy.Configuration;

namespace Platform.Gateway.Console;

/// <summary>What the console's pages follow or download: passed on by the proxy as the API's streams are, but opened by the cookie.</summary>
internal static class ConsoleStreams
{
    private static readonly (string Path, string Service)[] Table =
    [
        ("/installs/{id}/log", "installer"),
        ("/runs/{id}/progress", "runner"),
        ("/runs/{id}/log", "runner"),
        ("/invocations/{id}/progress", "runner"),
        ("/invocations/{id}/log", "runner"),
        ("/invocations/{id}/result", "runner"),
        ("/objects/export", "ingest"),
    ];

    public static IReadOnlyList<RouteConfig> Routes => [.. Table.Select(row => new RouteConfig
    {
        RouteId = ConsolePaths.Root + row.Path,
        ClusterId = Routing.Routes.StreamsOf(row.Service),
        Match = new RouteMatch { Path = ConsolePaths.Root + row.Path, Methods = ["GET"] },
        Transforms = [new Dictionary<string, string> { ["PathPattern"] = "/v1" + row.Path }],
    })];
}
