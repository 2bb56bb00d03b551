using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Runs;

/// <summary><c>runs log</c>, <c>invocations log</c>: what a connector wrote and what the platform says of it; a stream that breaks is taken up where it broke.</summary>
internal static class ShowRunLog
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <param name="what">run or invocation.</param>
    public static Command Command(string what = "run")
    {
        var id = new Argument<string>(what) { Description = $"Its id, as {what}s list shows it." };
        var follow = new Option<bool>("--follow", "-f") { Description = $"Go on until the {what} has ended." };
        var level = new Option<string?>("--level") { Description = "Only lines of this level and above: trace, debug, info, warn, error." };
        return new Command("log", $"Prints the log of {(what == "run" ? "a" : "an")} {what}.") { id, follow, level }.Does(async call =>
        {
            var path = ListObjects.Query($"/v1/{what}s/{Uri.EscapeDataString(call.Get(id))}/log", ("level", call.Get(level)));
            if (call.Get(follow))
                await FollowAsync(call, path);
            else
                await foreach (var line in call.Api.ListAsync(path, call.Cancel)) Print(call.Screen, line);
            return ExitCode.Ok;
        });
    }

    private static async Task FollowAsync(Call call, string path)
    {
        string? last = null;
        var away = new Away(call.Screen, Away.Usually);
        while (true)
        {
            try
            {
                await foreach (var item in call.Api.EventsAsync(path, call.Cancel, last))
                {
                    away.IsOver();
                    if (item.EventType == "end") return;
                    if (item.EventType != "line") continue;
                    Print(call.Screen, JsonDocument.Parse(item.Data).RootElement.Clone());
                    last = item.EventId ?? last;
                }
            }
            catch (Exception e) when (away.Endures(e))
            {
            }

            await Task.Delay(Pause, call.Cancel);
        }
    }

    private static void Print(Screen screen, JsonElement json)
    {
        screen.Item(json);
        var line = json.To<RunLogLine>();
        screen.Say($"{line.At:HH:mm:ss.fff} {line.Level,-5} {(line.Source == "platform" ? "* " : "")}{line.Text}");
    }
}
