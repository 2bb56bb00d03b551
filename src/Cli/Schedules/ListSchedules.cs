using System.CommandLine;
using Platform.Cli.Api;
using Platform.Cli.Objects;

namespace Platform.Cli.Schedules;

internal static class ListSchedules
{
    private static readonly string[] Columns = ["id", "connection", "name", "when", "enabled", "next", "last"];

    public static Command Command()
    {
        var connection = new Option<string?>("--connection") { Description = "Only those of this connection." };
        return new Command("list", "Lists the schedules, the oldest first.") { connection }.Does(async call =>
        {
            var items = await call.Api.ListAsync(ListObjects.Query("/v1/schedules", ("connection", call.Get(connection))), call.Cancel).ToListAsync(call.Cancel);
            call.Screen.Document(new { items });
            call.Screen.Table(Columns, items.Select(item => Cells(item.To<Schedule>())), "No schedules.");
            return ExitCode.Ok;
        });
    }

    private static string?[] Cells(Schedule schedule) =>
    [
        schedule.Id.ToString(), schedule.Connection, schedule.Name, schedule.Cron is null ? $"every {schedule.Interval}" : $"{schedule.Cron} {schedule.TimeZone}",
        schedule.Enabled ? "yes" : "no", schedule.NextFireAt?.ToString("u"), schedule.LastFiredAt?.ToString("u"),
    ];
}
