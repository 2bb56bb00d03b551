using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Schedules;

/// <summary><c>update</c>, <c>pause</c> and <c>resume</c>: whatever the schedule is at that moment.</summary>
internal static class UpdateSchedule
{
    private const string Any = "*";

    public static Command Command()
    {
        var id = Id();
        var options = new ScheduleOptions();
        return options.AddTo(new Command("update", "Changes what is given; --cron takes the place of --every, and the other way round.") { id })
            .Does(call => ChangeAsync(call, call.Get(id), options.Body(call, null)));
    }

    public static Command Pause()
    {
        var id = Id();
        return new Command("pause", "Starts no more runs until it is resumed.") { id }.Does(call => ChangeAsync(call, call.Get(id), new { Enabled = false }));
    }

    public static Command Resume()
    {
        var id = Id();
        return new Command("resume", "Goes on; what was due meanwhile is not caught up.") { id }.Does(call => ChangeAsync(call, call.Get(id), new { Enabled = true }));
    }

    private static Argument<string> Id() => new("schedule") { Description = "Its id, as list shows it." };

    private static async Task<int> ChangeAsync(Call call, string id, object body)
    {
        var changed = await call.Api.PatchAsync($"/v1/schedules/{Uri.EscapeDataString(id)}", body, Any, call.Cancel);
        call.Screen.Document(changed);
        call.Screen.Say($"Schedule {ScheduleOptions.Describe(changed.To<Schedule>())}.");
        return ExitCode.Ok;
    }
}
