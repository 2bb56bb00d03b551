using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.State;

internal static class ShowState
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var stream = new Option<string?>("--stream") { Description = "Only the state of this stream; '' is a stream too." };
        return new Command("show", "Shows what a connection's connector knows of its source.") { connection, stream }.Does(async call =>
        {
            var json = await call.Api.GetAsync(ListObjects.Query(PathOf(call.Get(connection)), ("stream", call.Get(stream))), call.Cancel);
            call.Screen.Document(json);
            Print(call.Screen, json.To<ConnectionState>());
            return ExitCode.Ok;
        });
    }

    public static string PathOf(string connection) => $"/v1/connections/{Uri.EscapeDataString(connection)}/state";

    public static void Print(Screen screen, ConnectionState state) => screen.Table(
        ["stream", "version", "run", "updated", "state"],
        state.Streams.Select(s => new[]
        {
            s.Stream, s.Version.ToString(), s.RunId?.ToString() ?? "by hand", s.UpdatedAt?.ToString("u"),
            s.State.ValueKind != JsonValueKind.Undefined ? s.State.GetRawText() : s.StateBase64 is { } bytes ? $"base64 {bytes}" : $"{s.Size} bytes: --stream shows them",
        }),
        $"{state.Connection} has no state: its next run begins anew.");
}
