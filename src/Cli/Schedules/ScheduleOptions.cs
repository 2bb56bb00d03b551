using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Schedules;

/// <summary>What a schedule is made of, on the command line; what is not given is not sent.</summary>
internal sealed class ScheduleOptions
{
    private readonly Option<string?> every = new("--every") { Description = "An interval: 15m, 1h30m, 1d; at least 10s." };
    private readonly Option<string?> cron = new("--cron") { Description = "Five fields as crontab has them: \"0 3 * * *\" is every night at three." };
    private readonly Option<string?> zone = new("--time-zone") { Description = "The zone that --cron is meant in, such as Europe/Berlin; Etc/UTC by default." };
    private readonly Option<int?> jitter = new("--jitter") { Description = "Start up to so many seconds later, at random; 0 to 3600." };
    private readonly Option<string?> name = new("--name") { Description = "Unique within the connection; \"default\" by default." };

    public Command AddTo(Command command)
    {
        command.Add(every);
        command.Add(cron);
        command.Add(zone);
        command.Add(jitter);
        command.Add(name);
        return command;
    }

    public object Body(Call call, string? connection) => new
    {
        Connection = connection,
        Name = call.Get(name),
        Cron = call.Get(cron),
        Interval = call.Get(every),
        TimeZone = call.Get(zone),
        JitterSeconds = call.Get(jitter),
    };

    public static string Describe(Schedule schedule) =>
        $"{schedule.Connection}/{schedule.Name} ({schedule.Id}) " +
        (schedule.NextFireAt is { } next ? $"fires next at {next:u}" : schedule.Enabled ? "does not fire any more" : "is paused");
}
