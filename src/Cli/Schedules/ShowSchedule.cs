using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Schedules;

internal static class ShowSchedule
{
    public static Command Command()
    {
        var id = new Argument<string>("schedule") { Description = "Its id, as list shows it." };
        return new Command("show", "Shows one, with its next and last fire.") { id }.Does(async call =>
        {
            var schedule = await call.Api.GetAsync($"/v1/schedules/{Uri.EscapeDataString(call.Get(id))}", call.Cancel);
            call.Screen.Document(schedule);
            call.Screen.Say(JsonSerializer.Serialize(schedule, ApiJson.Indented));
            return ExitCode.Ok;
        });
    }
}
