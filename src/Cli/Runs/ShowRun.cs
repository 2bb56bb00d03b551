using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Runs;

internal static class ShowRun
{
    public static Command Command()
    {
        var id = new Argument<string>("run") { Description = "Its id, as runs list shows it." };
        return new Command("show", "Shows a run.") { id }.Does(async call =>
        {
            var run = await call.Api.GetAsync($"/v1/runs/{Uri.EscapeDataString(call.Get(id))}", call.Cancel);
            call.Screen.Document(run);
            call.Screen.Say(JsonSerializer.Serialize(run, ApiJson.Indented));
            if (RunProgress.BetweenAttempts(run.To<Run>()) is { } waits) call.Screen.Note(waits);
            Sync.Warn(call.Screen, run.To<Run>());
            return ExitCode.Ok;
        });
    }
}
