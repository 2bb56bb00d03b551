using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Runs;

internal static class CancelRun
{
    public static Command Command()
    {
        var id = new Argument<string>("run") { Description = "Its id, as runs list shows it." };
        return new Command("cancel", "Asks a run to end; it ends within seconds.") { id }.Does(async call =>
        {
            var run = await call.Api.PostAsync($"/v1/runs/{Uri.EscapeDataString(call.Get(id))}/cancel", null, call.Cancel);
            call.Screen.Document(run);
            call.Screen.Say($"Run {run.To<Run>().Id} is {run.To<Run>().State}; cancellation is asked for.");
            return ExitCode.Ok;
        });
    }
}
