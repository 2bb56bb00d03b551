using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Schedules;

internal static class TriggerSchedule
{
    public static Command Command()
    {
        var id = new Argument<string>("schedule") { Description = "Its id, as list shows it." };
        return new Command("trigger", "Starts its run now.") { id }.Does(async call =>
        {
            var json = await call.Api.PostAsync($"/v1/schedules/{Uri.EscapeDataString(call.Get(id))}/trigger", null, call.Cancel);
            var run = json.To<Run>();
            call.Screen.Document(json);
            call.Screen.Say($"Run {run.Id} of {run.Connection} is {run.State}.");
            return ExitCode.Ok;
        });
    }
}
