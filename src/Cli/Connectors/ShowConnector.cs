using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Connectors;

internal static class ShowConnector
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connector's." };
        return new Command("show", "Shows a connector, its manifest and its versions.") { name }.Does(async call =>
        {
            var connector = await call.Api.GetAsync($"/v1/connectors/{Uri.EscapeDataString(call.Get(name))}", call.Cancel);
            call.Screen.Document(connector);
            call.Screen.Say(JsonSerializer.Serialize(connector, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }
}
