using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Connections;

internal static class ShowConnection
{
    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The connection's." };
        return new Command("show", "Shows a connection: its settings, and its options with *** for secrets where the connector describes itself.") { name }.Does(async call =>
        {
            var connection = await call.Api.GetAsync(PathOf(call.Get(name)), call.Cancel);
            call.Screen.Document(connection);
            call.Screen.Say(JsonSerializer.Serialize(connection, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }

    public static string PathOf(string name) => $"/v1/connections/{Uri.EscapeDataString(name)}";
}
