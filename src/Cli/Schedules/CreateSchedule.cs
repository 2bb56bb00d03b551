using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Schedules;

internal static class CreateSchedule
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var options = new ScheduleOptions();
        return options.AddTo(new Command("create", "Starts runs of a connection by themselves: --every 1h, or --cron \"0 3 * * *\".") { connection }).Does(async call =>
        {
            var created = await call.Api.PostAsync("/v1/schedules", options.Body(call, call.Get(connection)), call.Cancel);
            call.Screen.Document(created);
            call.Screen.Say($"Created schedule {ScheduleOptions.Describe(created.To<Schedule>())}.");
            return ExitCode.Ok;
        });
    }
}
