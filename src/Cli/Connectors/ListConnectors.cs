using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

internal static class ListConnectors
{
    public static Command Command() => new Command("list", "Lists the installed connectors.").Does(async call =>
    {
        var items = await call.Api.ListAsync("/v1/connectors", call.Cancel).ToListAsync(call.Cancel);
        call.Screen.Document(new { items });
        call.Screen.Table(
            ["name", "version", "source", "uri", "digest"],
            items.Select(item => item.To<Connector>()).Select(c => new[] { c.Name, c.Version.ToString(), c.Source, c.Uri, c.Digest is { Length: > 12 } ? c.Digest[..12] : c.Digest }),
            "No connectors yet: platform connectors install <manifest.json>");
        return ExitCode.Ok;
    });
}
