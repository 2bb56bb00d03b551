using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class ListConnections
{
    public static Command Command() => new Command("list", "Lists the connections; their options are never shown.").Does(async call =>
    {
        var items = await call.Api.ListAsync("/v1/connections", call.Cancel).ToListAsync(call.Cancel);
        call.Screen.Document(new { items });
        call.Screen.Table(
            ["name", "connector", "created"],
            items.Select(item => item.To<Connection>()).Select(c => new[] { c.Name, c.Connector, c.CreatedAt?.ToString("u") }),
            "No connections yet: platform connections create <name> --connector <connector>");
        return ExitCode.Ok;
    });
}
