using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Runs;

internal static class SweepRun
{
    /// <summary>The deletion of a large stream takes minutes.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(16);

    public static Command Command()
    {
        var id = new Argument<string>("run") { Description = "Its id, as runs list shows it." };
        return new Command("sweep", "Deletes what a run with the warning delete_guard has held back.") { id }.Does(async call =>
        {
            var json = await call.Api.PostAsync($"/v1/runs/{Uri.EscapeDataString(call.Get(id))}/sweep", null, call.Cancel, AnswerWithin);
            call.Screen.Document(json);
            var run = json.To<Run>();
            call.Screen.Say($"Run {run.Id} of {run.Connection} has swept {run.Counts?.Swept ?? 0} objects.");
            Sync.Warn(call.Screen, run);
            return ExitCode.Ok;
        });
    }
}
