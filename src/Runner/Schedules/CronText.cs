using System.Globalization;
using Quartz;

namespace Platform.Runner.Schedules;

/// <summary>
/// Cron expressions as crontab has them: five fields (minute, hour, day of month, month, day of week), each <c>*</c> or a list of numbers, names
/// and ranges, with steps behind <c>*</c> and ranges; or <c>@hourly</c>, <c>@daily</c>, <c>@midnight</c>, <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>, <c>@annually</c>.
/// </summary>
internal static class CronText
{
    public const int MaxLength = 200;

    private static readonly string[] Macros = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

    private static readonly Field[] Fields =
    [
        new("minute", 0, 59, []),
        new("hour", 0, 23, []),
        new("day of month", 1, 31, []),
        new("month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        new("day of week", 0, 7, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    private sealed record Field(string Name, int First, int Last, string[] Names);

    /// <summary>Everything that is wrong with it, in words for whoever wrote it; empty when Quartz can read it and it fires at some time.</summary>
    public static IReadOnlyList<string> Check(string text)
    {
        if (text.Length > MaxLength)
            return [$"The expression has at most {MaxLength} characters."];
        if (text.StartsWith('@'))
            return Macros.Contains(text) ? [] : [$"'{text}' is not known. Known are {string.Join(", ", Macros)}."];
        var parts = text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Fields.Length)
            return [$"The expression has {parts.Length} fields; five are needed: minute, hour, day of month, month, day of week."];
        var wrong = parts.Zip(Fields).SelectMany(part => Check(part.Second, part.First)).ToList();
        if (wrong.Count > 0)
            return wrong;
        return !CronExpression.TryParse(text, CronFormat.Unix, out var expression) ? ["The expression can't be read."]
            : expression!.WithTimeZone(TimeZoneInfo.Utc).GetNextValidTimeAfter(DateTimeOffset.UtcNow) is null ? ["The expression never fires: no such day exists."]
            : [];
    }

    private static IEnumerable<string> Check(Field field, string text) =>
        text.Split(',').Select(item => CheckItem(field, item)).OfType<string>();

    private static string? CheckItem(Field field, string item)
    {
        if (item.Split('/') is not [var range, .. var steps] || steps.Length > 1)
            return $"{field.Name}: '{item}' has more than one step.";
        var ends = range.Split('-');
        if (steps is [var step])
        {
            if (range != "*" && ends.Length == 1)
                return $"{field.Name}: '{item}' has a step behind a single value; write {range}-{field.Last}/{step}.";
            if (!int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var width) || width < 1 || width > field.Last)
                return $"{field.Name}: the step '{step}' is not a number from 1 to {field.Last}.";
        }

        if (range == "*")
            return null;
        if (ends.Length > 2)
            return $"{field.Name}: '{range}' is no range; write first-last.";
        var values = ends.Select(end => Value(field, end)).ToArray();
        if (Array.FindIndex(values, value => value is null) is >= 0 and var unread)
            return $"{field.Name}: '{ends[unread]}' is not {Allowed(field)}.";
        // A week may end on Sunday.
        return values is [{ } first, { } last] && first > last && !(field.Names.Length == 7 && last == 0)
            ? $"{field.Name}: the range {range} goes backwards; write two, such as {ends[0]}-{field.Last},{field.First}-{ends[1]}."
            : null;
    }

    private static int? Value(Field field, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number >= field.First && number <= field.Last ? number : null
        : Array.FindIndex(field.Names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var position ? position + (field.Names.Length == 12 ? 1 : 0)
        : null;

    private static string Allowed(Field field) =>
        $"*, a number from {field.First} to {field.Last}{(field.Names.Length == 0 ? "" : $" or a name from {field.Names[0]} to {field.Names[^1]}")}";
}
