using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.ServiceDefaults;

namespace Platform.Runner.Schedules;

/// <summary>What is wanted of a schedule, read from a body and checked: every error at once.</summary>
/// <param name="IntervalSeconds">Null where <paramref name="Cron"/> is given, and the other way round.</param>
internal sealed partial record ScheduleWish(string Name, string? Cron, long? IntervalSeconds, string TimeZone, int JitterSeconds, bool Enabled)
{
    public const string DefaultName = "default";
    public const string DefaultTimeZone = "Etc/UTC";
    public const int MaxJitterSeconds = 3600;
    public const long MaxIntervalSeconds = 366 * 86400L;

    private static readonly string[] Known = ["name", "cron", "interval", "time_zone", "jitter_seconds", "enabled"];

    /// <param name="connection">What the field of this name says; empty where it is missing.</param>
    /// <exception cref="ProblemException">422 <c>invalid_schedule</c>.</exception>
    public static ScheduleWish ForNew(JsonElement body, int minimumSeconds, out string connection)
    {
        var errors = new List<FieldError>();
        var fields = Fields(body, ["connection", .. Known], errors);
        connection = Text(fields, "connection", errors) ?? "";
        if (connection.Length == 0 && !errors.Exists(e => e.Field == "connection"))
            errors.Add(new("connection", "required", "The name of a connection is needed."));
        return Read(fields, new(DefaultName, null, null, DefaultTimeZone, 0, true), minimumSeconds, errors);
    }

    /// <summary>The standing wish with the fields that the body has; a cron expression takes the place of an interval, and the other way round.</summary>
    /// <exception cref="ProblemException">422 <c>invalid_schedule</c>.</exception>
    public static ScheduleWish ForChange(JsonElement body, Schedule standing, int minimumSeconds)
    {
        var errors = new List<FieldError>();
        return Read(
            Fields(body, Known, errors),
            new(standing.Name, standing.Cron, standing.IntervalSeconds, standing.TimeZone, standing.JitterSeconds, standing.Enabled), minimumSeconds, errors);
    }

    /// <summary>The zone of this id; null for what is no IANA id. UTC is known on machines without zone data too.</summary>
    public static TimeZoneInfo? Zone(string id) =>
        id is DefaultTimeZone or "UTC" ? TimeZoneInfo.Utc
        : ZoneForm().IsMatch(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.HasIanaId ? zone
        : null;

    private static ScheduleWish Read(Dictionary<string, JsonElement> fields, ScheduleWish before, int minimumSeconds, List<FieldError> errors)
    {
        var name = Text(fields, "name", errors) ?? before.Name;
        if (!NameForm().IsMatch(name))
            errors.Add(new("name", "invalid_name", "A name has 1 to 63 of a-z, 0-9 and '-', and begins with a letter or digit."));

        var (cron, interval) = (Text(fields, "cron", errors), Text(fields, "interval", errors));
        foreach (var message in cron is null ? [] : CronText.Check(cron))
            errors.Add(new("cron", "invalid_cron", message));
        var seconds = interval is null ? null : Interval(interval, minimumSeconds, errors);
        if (cron is not null && interval is not null)
            errors.Add(new("interval", "one_of", "Give either cron or interval, not both."));
        var isGiven = cron is not null || interval is not null;
        var (isCleared, standing) = (fields.ContainsKey("cron") || fields.ContainsKey("interval"), before.Cron is not null || before.IntervalSeconds is not null);
        if (!isGiven && (!standing || isCleared) && !errors.Exists(e => e.Field is "cron" or "interval"))
            errors.Add(new("cron", "required", "Give cron, such as \"0 3 * * *\", or interval, such as \"1h\"."));

        var zone = Text(fields, "time_zone", errors) ?? before.TimeZone;
        if (Zone(zone) is null)
            errors.Add(new("time_zone", "unknown_time_zone", "There is no such time zone. Use a name of the IANA database, such as Europe/Berlin."));
        var jitter = Number(fields, "jitter_seconds", errors) ?? before.JitterSeconds;
        if (jitter is < 0 or > MaxJitterSeconds)
            errors.Add(new("jitter_seconds", "out_of_range", $"The jitter is 0 to {MaxJitterSeconds} seconds."));
        var enabled = Flag(fields, "enabled", errors) ?? before.Enabled;
        if (errors.Count > 0)
            throw Errors.InvalidSchedule(errors);
        return isGiven ? new(name, cron, seconds, zone, jitter, enabled) : before with { Name = name, TimeZone = zone, JitterSeconds = jitter, Enabled = enabled };
    }

    private static long? Interval(string text, int minimumSeconds, List<FieldError> errors)
    {
        var seconds = IntervalText.Parse(text);
        if (seconds is null)
            errors.Add(new("interval", "invalid_interval", "An interval is written like 15m, 1h30m, 90s or 1d."));
        else if (seconds < minimumSeconds || seconds > MaxIntervalSeconds)
            errors.Add(new("interval", "out_of_range", $"The interval is at least {minimumSeconds}s and at most {IntervalText.Of(MaxIntervalSeconds)}."));
        return seconds;
    }

    private static Dictionary<string, JsonElement> Fields(JsonElement body, string[] known, List<FieldError> errors)
    {
        var fields = new Dictionary<string, JsonElement>();
        if (body.ValueKind != JsonValueKind.Object)
            throw Errors.InvalidSchedule([new("", "wrong_type", "A schedule is a JSON object.")]);
        foreach (var property in body.EnumerateObject())
        {
            if (!known.Contains(property.Name))
                errors.Add(new(property.Name, "unknown_field", $"There is no such field. Known are {string.Join(", ", known)}."));
            else if (!fields.TryAdd(property.Name, property.Value))
                errors.Add(new(property.Name, "duplicate_field", "The field stands there twice."));
        }

        return fields;
    }

    private static string? Text(Dictionary<string, JsonElement> fields, string name, List<FieldError> errors) =>
        Take(fields, name, errors, "a string", value =>
        {
            try
            {
                return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair.
                return null;
            }
        });

    private static int? Number(Dictionary<string, JsonElement> fields, string name, List<FieldError> errors) =>
        Take<object>(fields, name, errors, "a whole number", value => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null) as int?;

    private static bool? Flag(Dictionary<string, JsonElement> fields, string name, List<FieldError> errors) =>
        Take<object>(fields, name, errors, "true or false", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : null) as bool?;

    private static T? Take<T>(Dictionary<string, JsonElement> fields, string name, List<FieldError> errors, string type, Func<JsonElement, T?> read)
        where T : class
    {
        if (!fields.TryGetValue(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        if (read(value) is { } taken)
            return taken;
        errors.Add(new(name, "wrong_type", $"The field must be {type}."));
        return null;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z")]
    private static partial Regex NameForm();

    [GeneratedRegex(@"^[A-Za-z0-9_+/-]{1,64}\z")]
    private static partial Regex ZoneForm();
}
