using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Platform.Cli.Connections;

/// <summary>What a connection may be told besides its options; what is not given is not sent. The API checks them.</summary>
internal sealed class SettingOptions
{
    private readonly Option<bool?> fullListing = new("--full-listing") { Description = "Every run lists everything there is, whether the connector says so or not: what a run did not send is deleted." };
    private readonly Option<double?> fraction = new("--max-delete-fraction") { Description = "A run that would delete a larger part of what is there asks first: 0 to 1, 0.5 by default.", CustomParser = Number };
    private readonly Option<bool?> changedEvents = new("--changed-events") { Description = "Tell of every object that changes: the event objects.changed." };
    private readonly Option<string[]> streams = new("--stream") { Description = "Sync only this stream; may be given several times." };
    private readonly Option<string[]> cursors = new("--cursor")
    {
        Description = "STREAM=COLUMN: once all of the stream has been listed, runs ask for what has changed by this column; STREAM= lists it whole again. May be given several times.",
        Validators = { Pairs },
    };
    private readonly Option<bool?> alwaysOn = new("--always-on") { Description = "Keep a packaged connector running, and not only while it is needed." };
    private readonly (string Field, Option<int?> Option)[] numbers =
    [
        ("max_attempts", new("--max-attempts") { Description = "Attempts of a run that fails for passing reasons: 1 to 10." }),
        ("first_page_seconds", new("--first-page-seconds") { Description = "Seconds from the connector's start to its first page." }),
        ("idle_seconds", new("--idle-seconds") { Description = "Seconds that a sync may give no sign of life." }),
        ("total_seconds", new("--total-seconds") { Description = "Seconds that one attempt may take." }),
    ];

    public void AddTo(Command command)
    {
        command.Add(fullListing);
        command.Add(fraction);
        command.Add(changedEvents);
        command.Add(streams);
        command.Add(cursors);
        command.Add(alwaysOn);
        foreach (var (_, option) in numbers) command.Add(option);
    }

    /// <returns>By the names of the API.</returns>
    public Dictionary<string, object?> Of(Call call)
    {
        var given = new Dictionary<string, object?>();
        if (call.Get(fullListing) is { } listing) given["full_listing"] = listing;
        if (call.Get(fraction) is { } part) given["max_delete_fraction"] = part;
        if (call.Get(changedEvents) is { } events) given["changed_events"] = events;
        if (call.Get(streams) is { Length: > 0 } names) given["streams"] = names;
        if (call.Get(cursors) is { Length: > 0 } pairs)
            given["cursors"] = pairs.ToLookup(Stream, pair => pair[(Stream(pair).Length + 1)..]).ToDictionary(pair => pair.Key, pair => pair.Last() is { Length: > 0 } column ? column : null);
        if (call.Get(alwaysOn) is { } always) given["always_on"] = always;
        foreach (var (field, option) in numbers)
            if (call.Get(option) is { } number) given[field] = number;
        return given;
    }

    // At the last one: a stream may be called so, a column hardly.
    private static string Stream(string pair) => pair[..pair.LastIndexOf('=')];

    private static void Pairs(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(t => t.Value.LastIndexOf('=') < 1))
            result.AddError($"'{token.Value}' is not STREAM=COLUMN.");
    }

    // With a point whatever the locale: what is written in a script means the same everywhere.
    private static double? Number(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            return number;
        result.AddError($"'{text}' is not a number.");
        return null;
    }
}
