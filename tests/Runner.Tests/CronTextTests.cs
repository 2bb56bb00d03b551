using System.Globalization;
using System.Text.Json;
using Platform.Runner.Schedules;
using Platform.ServiceDefaults;
using Quartz;
using Quartz.Extensibility;

namespace Platform.Runner.Tests;

public sealed class CronTextTests
{
    private const string Berlin = "Europe/Berlin";

    [Theory]
    [InlineData("0 3 * * *")]
    [InlineData("*/15 8-18 * * mon-fri")]
    [InlineData("5,35 * 1,15 jan,JUL *")]
    [InlineData("0 0 * * 0")]
    [InlineData("0 0 * * 7")]
    [InlineData("0 0 * * 5-7")]
    [InlineData("0 0 * * sat-sun")]
    [InlineData("0 0 13 * 5")]
    [InlineData("0-30/10 */6 */10 * 1-5/2")]
    [InlineData("0 0 31 * *")]
    [InlineData("0 12 29 2 *")]
    [InlineData("0 12 * 3-5 sun,wed")]
    public void It_fires_when_crontab_says(string cron)
    {
        Assert.Empty(CronText.Check(cron));
        var expression = CronExpression.Parse(cron, CronFormat.Unix).WithTimeZone(TimeZoneInfo.Utc);
        var (begin, matches) = (new DateTimeOffset(2028, 1, 1, 0, 0, 0, TimeSpan.Zero), Matcher(cron));

        var expected = Enumerable.Range(0, 400 * 24 * 60).Select(minute => begin.AddMinutes(minute)).Where(matches).ToList();

        Assert.NotEmpty(expected);
        var at = begin.AddSeconds(-1);
        foreach (var time in expected)
        {
            at = expression.GetNextValidTimeAfter(at)!.Value;
            Assert.Equal(time, at);
        }
    }

    [Theory]
    [InlineData("61 * * * *", "minute: '61' is not *, a number from 0 to 59.")]
    [InlineData("* 24 * 13 *", "hour: '24' is not *, a number from 0 to 23.", "month: '13' is not *, a number from 1 to 12 or a name from jan to dec.")]
    [InlineData("0 0 * * 8", "day of week: '8' is not *, a number from 0 to 7 or a name from sun to sat.")]
    [InlineData("0 22-3 * * *", "hour: the range 22-3 goes backwards; write two, such as 22-23,0-3.")]
    [InlineData("5/15 * * * *", "minute: '5/15' has a step behind a single value; write 5-59/15.")]
    [InlineData("*/0 * * * *", "minute: the step '0' is not a number from 1 to 59.")]
    [InlineData("*/5/2 * * * *", "minute: '*/5/2' has more than one step.")]
    [InlineData("1-2-3 * * * *", "minute: '1-2-3' is no range; write first-last.")]
    [InlineData("0 0 L * *", "day of month: 'L' is not *, a number from 1 to 31.")]
    [InlineData("0 0 ? * *", "day of month: '?' is not *, a number from 1 to 31.")]
    [InlineData("0 0 * * 5#2", "day of week: '5#2' is not *, a number from 0 to 7 or a name from sun to sat.")]
    [InlineData("H * * * *", "minute: 'H' is not *, a number from 0 to 59.")]
    [InlineData(",1 * * * *", "minute: '' is not *, a number from 0 to 59.")]
    [InlineData("* * * *", "The expression has 4 fields; five are needed: minute, hour, day of month, month, day of week.")]
    [InlineData("0 0 3 * * *", "The expression has 6 fields; five are needed: minute, hour, day of month, month, day of week.")]
    [InlineData("", "The expression has 0 fields; five are needed: minute, hour, day of month, month, day of week.")]
    [InlineData("@reboot", "'@reboot' is not known. Known are @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually.")]
    [InlineData("0 0 30 2 *", "The expression never fires: no such day exists.")]
    [InlineData("0 0 31 2,4,6 *", "The expression never fires: no such day exists.")]
    public void What_crontab_does_not_know_is_explained(string cron, params string[] expected) => Assert.Equal(expected, CronText.Check(cron));

    [Theory]
    [InlineData("@hourly")]
    [InlineData("@daily")]
    [InlineData("@midnight")]
    [InlineData("@weekly")]
    [InlineData("@monthly")]
    [InlineData("@yearly")]
    [InlineData("@annually")]
    public void Names_for_common_expressions_are_known(string cron)
    {
        Assert.Empty(CronText.Check(cron));
        Assert.True(CronExpression.TryParse(cron, CronFormat.Unix, out _));
    }

    [Fact]
    public void When_clocks_are_put_forward_a_time_that_is_left_out_fires_at_the_end_of_the_gap()
    {
        Assert.Equal(
            ["2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
            Fires("30 2 * * *", "2026-03-27T12:00:00+01:00", 3));
        Assert.Equal(
            ["2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"],
            Fires("*/30 * * * *", "2026-03-29T01:00:00+01:00", 3));
    }

    [Fact]
    public void When_clocks_are_put_back_a_time_that_comes_twice_fires_once_and_what_repeats_goes_on()
    {
        Assert.Equal(
            ["2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
            Fires("30 2 * * *", "2026-10-23T12:00:00+02:00", 3));
        Assert.Equal(
            ["2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00"],
            Fires("*/30 * * * *", "2026-10-25T01:45:00+02:00", 5));
    }

    [Fact]
    public void An_interval_counts_from_its_anchor_whatever_the_clocks_do()
    {
        var anchor = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero);
        var trigger = (IOperableTrigger)ScheduleTriggers.Of(new() { IntervalSeconds = 5400, TimeZone = Berlin, AnchorAt = anchor }, anchor.AddHours(4));

        Assert.Equal(anchor.AddHours(4.5), trigger.ComputeFirstFireTimeUtc(null));
    }

    [Theory]
    [InlineData("15m", 900, "15m")]
    [InlineData("1h30m", 5400, "1h30m")]
    [InlineData("90s", 90, "1m30s")]
    [InlineData("1d", 86400, "1d")]
    [InlineData("36h", 129600, "1d12h")]
    [InlineData("", null, null)]
    [InlineData("15", null, null)]
    [InlineData("m15", null, null)]
    [InlineData("30m1h", null, null)]
    [InlineData("-5m", null, null)]
    [InlineData("1.5h", null, null)]
    [InlineData("15m\n", null, null)]
    public void Intervals_are_read_and_shown(string text, int? seconds, string? shown)
    {
        Assert.Equal(seconds, IntervalText.Parse(text));
        if (seconds is { } value)
            Assert.Equal(shown, IntervalText.Of(value));
    }

    [Fact]
    public void Every_error_of_a_schedule_is_told_at_once()
    {
        var problem = Assert.Throws<ProblemException>(() => Read(
            """{"name": "No Name", "cron": "61 * * * *", "interval": "9s", "time_zone": "Mars/Olympus", "jitter_seconds": 3601, "enabled": "yes", "colour": 1}""")).Problem;

        Assert.Equal("invalid_schedule", problem.Code);
        Assert.Equal(
            [
                ("colour", "unknown_field"), ("connection", "required"), ("name", "invalid_name"), ("cron", "invalid_cron"), ("interval", "out_of_range"),
                ("interval", "one_of"), ("time_zone", "unknown_time_zone"), ("jitter_seconds", "out_of_range"), ("enabled", "wrong_type"),
            ],
            problem.Errors!.Select(e => (e.Field, e.Code)));
    }

    [Theory]
    [InlineData("""{"connection": "c"}""", "cron")]
    [InlineData("""{"connection": "c", "interval": "367d"}""", "interval")]
    [InlineData("""{"connection": "c", "interval": 15}""", "interval")]
    [InlineData("""{"connection": "c", "interval": "\ud800"}""", "interval")]
    [InlineData("""{"connection": "c", "interval": "15m", "jitter_seconds": 1.5}""", "jitter_seconds")]
    [InlineData("""{"connection": "c", "interval": "15m", "time_zone": "W. Europe Standard Time"}""", "time_zone")]
    [InlineData("""{"connection": "c", "interval": "15m", "time_zone": "../../../etc/passwd"}""", "time_zone")]
    [InlineData("[]", "")]
    public void A_single_error_names_its_field(string body, string field) =>
        Assert.Equal(field, Assert.Single(Assert.Throws<ProblemException>(() => Read(body)).Problem.Errors!).Field);

    [Fact]
    public void A_change_keeps_what_it_does_not_name()
    {
        var standing = new Schedule { Name = "n", IntervalSeconds = 900, TimeZone = Berlin, JitterSeconds = 5, Enabled = true };

        Assert.Equal(new("n", null, 900, Berlin, 5, false), Change("""{"enabled": false}""", standing));
        Assert.Equal(new("n", "0 3 * * *", null, Berlin, 5, true), Change("""{"cron": "0 3 * * *", "interval": null}""", standing));
        Assert.Equal("cron", Assert.Single(Assert.Throws<ProblemException>(() => Change("""{"interval": null}""", standing)).Problem.Errors!).Field);
    }

    private static ScheduleWish Read(string json) => ScheduleWish.ForNew(JsonDocument.Parse(json).RootElement, 10, out _);

    private static ScheduleWish Change(string json, Schedule standing) => ScheduleWish.ForChange(JsonDocument.Parse(json).RootElement, standing, 10);

    private static IEnumerable<string> Fires(string cron, string from, int count)
    {
        var at = DateTimeOffset.Parse(from, CultureInfo.InvariantCulture);
        var trigger = ScheduleTriggers.Of(new() { Cron = cron, TimeZone = Berlin }, at.ToUniversalTime());
        for (var i = 0; i < count; i++)
        {
            at = trigger.GetFireTimeAfter(at)!.Value;
            yield return TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(Berlin)).ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);
        }
    }

    // crontab(5), by hand: a day matches by either of its fields where both are restricted.
    private static Func<DateTimeOffset, bool> Matcher(string cron)
    {
        var fields = cron.ToLowerInvariant()
            .Replace("jan", "1", StringComparison.Ordinal).Replace("jul", "7", StringComparison.Ordinal).Replace("mon", "1", StringComparison.Ordinal)
            .Replace("wed", "3", StringComparison.Ordinal).Replace("fri", "5", StringComparison.Ordinal).Replace("sat-sun", "6-7", StringComparison.Ordinal)
            .Replace("sun", "0", StringComparison.Ordinal).Split(' ');
        var (minutes, hours, days, months, weekdays) = (Values(fields[0], 0, 59), Values(fields[1], 0, 23), Values(fields[2], 1, 31), Values(fields[3], 1, 12), Values(fields[4], 0, 7));
        weekdays[0] |= weekdays[7];
        return time => minutes[time.Minute] && hours[time.Hour] && months[time.Month]
            && (fields[2] == "*" ? weekdays[(int)time.DayOfWeek] : fields[4] == "*" ? days[time.Day] : days[time.Day] || weekdays[(int)time.DayOfWeek]);
    }

    private static bool[] Values(string field, int first, int last) => [.. Enumerable.Range(0, last + 1).Select(value => field.Split(',').Any(item =>
    {
        var (range, step) = item.Split('/') is [var r, var s] ? (r, int.Parse(s, CultureInfo.InvariantCulture)) : (item, 1);
        var ends = range == "*" ? [first, last] : range.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        return value >= ends[0] && value <= ends[^1] && (value - ends[0]) % step == 0;
    }))];
}
