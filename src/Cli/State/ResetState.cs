using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.State;

internal static class ResetState
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var stream = new Option<string?>("--stream") { Description = "Only the state of this stream; without it all of them." };
        return new Command("reset", "Makes the next run begin anew.") { connection, stream }.Does(async call =>
        {
            var json = await call.Api.DeleteAsync(ListObjects.Query(ShowState.PathOf(call.Get(connection)), ("stream", call.Get(stream))), call.Cancel);
            call.Screen.Document(json);
            ShowState.Print(call.Screen, json.To<ConnectionState>());
            return ExitCode.Ok;
        });
    }
}
