using System.CommandLine;

namespace Platform.Cli.Schedules;

internal static class DeleteSchedule
{
    public static Command Command()
    {
        var id = new Argument<string>("schedule") { Description = "Its id, as list shows it." };
        return new Command("delete", "Deletes one; runs that it has started go on.") { id }.Does(async call =>
        {
            await call.Api.DeleteAsync($"/v1/schedules/{Uri.EscapeDataString(call.Get(id))}", call.Cancel);
            call.Screen.Document(new { Id = call.Get(id), Deleted = true });
            call.Screen.Say($"Deleted schedule {call.Get(id)}.");
            return ExitCode.Ok;
        });
    }
}
