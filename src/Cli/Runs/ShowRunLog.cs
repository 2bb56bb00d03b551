using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Runs;

/// <summary><c>runs log</c>, <c>invocations log</c>: what a connector wrote and what the platform says of it; a stream that breaks is taken up where it broke.</summary>
internal static class ShowRunLog
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the gateway or the runner may be away before following gives up.</summary>
    private static readonly TimeSpan AwayAtMost = TimeSpan.FromSeconds(60);

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
        DateTime? awaySince = null;
        while (true)
        {
            try
            {
                await foreach (var item in call.Api.EventsAsync(path, call.Cancel, last))
                {
                    awaySince = null;
                    if (item.EventType == "end") return;
                    if (item.EventType != "line") continue;
                    Print(call.Screen, JsonDocument.Parse(item.Data).RootElement.Clone());
                    last = item.EventId ?? last;
                }
            }
            catch (Exception e) when (e is CliException { ExitCode: ExitCode.NotReachable } or ApiException { Status: 502 or 503 })
            {
                awaySince ??= DateTime.UtcNow;
                if (DateTime.UtcNow - awaySince > AwayAtMost) throw;
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
