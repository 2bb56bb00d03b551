using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Actions;

internal static class ShowAction
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var action = new Argument<string>("action") { Description = "As actions list shows it." };
        return new Command("show", "Shows an action with the schema of its arguments.") { connection, action }.Does(async call =>
        {
            var json = await call.Api.GetAsync(ListActions.PathOf(call.Get(connection), call.Get(action)), call.Cancel);
            call.Screen.Document(json);
            call.Screen.Say(JsonSerializer.Serialize(json, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }
}
