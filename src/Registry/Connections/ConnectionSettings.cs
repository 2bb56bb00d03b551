using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Registry.Json;
using Platform.Registry.V1;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>What the owner of a connection knows or wants, besides its options; every run is told as it starts.</summary>
/// <param name="FullListing">Every run of it lists all there is, whether the connector says so or not: what a run did not send is deleted. Default: false.</param>
/// <param name="MaxDeleteFraction">A run that would so delete a larger part of a stream (of more than 100 objects) deletes nothing until that is confirmed. 0 to 1; null: 0.5.</param>
/// <param name="ChangedEvents">Publish <c>objects.changed</c>. Default: false.</param>
/// <param name="Streams">To sync; none: all.</param>
/// <param name="MaxAttempts">Of a run, for transient failures: 1 to 10; null, here and below: the Runner's setting, which also bounds what is given.</param>
/// <param name="FirstPageSeconds">From the connector's start to its first page, or the end of its sync; here and below 1 to 1728000, which is 20 days.</param>
/// <param name="IdleSeconds">Between two signs of life of a sync: pages, states, progress.</param>
/// <param name="TotalSeconds">Of one attempt.</param>
/// <param name="Cursors">By stream, the column by which a run asks for what has changed once all has been listed; the streams that are not named are listed whole by every run.</param>
/// <param name="AlwaysOn">A packaged connector runs all the time, and not only while it is needed and for a while after. Default: false.</param>
internal sealed record ConnectionSettings(
    bool FullListing, double? MaxDeleteFraction, bool ChangedEvents, string[] Streams, int? MaxAttempts, int? FirstPageSeconds, int? IdleSeconds, int? TotalSeconds,
    IReadOnlyDictionary<string, string> Cursors, bool AlwaysOn)
{
    public const string Columns = "full_listing, max_delete_fraction, changed_events, streams, max_attempts, first_page_seconds, idle_seconds, total_seconds, cursors, always_on";

    private const string AlwaysOnField = "always_on";
    private const int MaxStreams = 1000;
    private const int MaxStreamBytes = 255;
    private const int LongestSeconds = 20 * 24 * 3600;

    public static readonly IReadOnlyList<string> Fields =
        ["full_listing", "max_delete_fraction", "changed_events", "streams", "max_attempts", "first_page_seconds", "idle_seconds", "total_seconds", ConnectionCursors.Field, AlwaysOnField];

    public static readonly ConnectionSettings Default = new(false, null, false, [], null, null, null, null, new Dictionary<string, string>(), false);

    /// <summary>What is given in the place of what there is; null leads back to the default. Errors are added to the fields.</summary>
    public ConnectionSettings Read(JsonFields fields)
    {
        var fraction = fields.Has("max_delete_fraction") ? fields.Number("max_delete_fraction") : MaxDeleteFraction;
        if (fraction is not (null or (>= 0 and <= 1)))
            fields.Add(new("max_delete_fraction", "out_of_range", "The largest part of a stream that a run may delete is a number from 0 to 1."));
        int? Number(string field, int? before, int highest)
        {
            if (!fields.Has(field)) return before;
            var number = fields.Integer(field);
            if (number is not null && (number < 1 || number > highest)) fields.Add(new(field, "out_of_range", $"The field is a whole number from 1 to {highest}."));
            return number;
        }
        return new(
            fields.Has("full_listing") ? fields.Flag("full_listing") ?? false : FullListing, fraction,
            fields.Has("changed_events") ? fields.Flag("changed_events") ?? false : ChangedEvents,
            fields.Has("streams") ? ReadStreams(fields) : Streams, Number("max_attempts", MaxAttempts, 10),
            Number("first_page_seconds", FirstPageSeconds, LongestSeconds), Number("idle_seconds", IdleSeconds, LongestSeconds),
            Number("total_seconds", TotalSeconds, LongestSeconds), fields.Has(ConnectionCursors.Field) ? ConnectionCursors.Read(fields, Cursors) : Cursors,
            fields.Has(AlwaysOnField) ? fields.Flag(AlwaysOnField) ?? false : AlwaysOn);
    }

    /// <summary>Every error of what was given and does not go with the connector.</summary>
    /// <param name="specification">Of the connector's current version; null: it says nothing of itself.</param>
    /// <param name="protocol">Of its manifest; null: c1.</param>
    public IEnumerable<FieldError> Check(JsonFields fields, ConnectorSpecification? specification, string? protocol)
    {
        if (fields.Has(AlwaysOnField) && AlwaysOn && protocol != Manifest.PackageProtocol)
            yield return new(AlwaysOnField, "always_on_not_supported", "Only a packaged connector (ndc) can be kept running; others start when they are needed.");
        if (fields.Has(ConnectionCursors.Field))
            foreach (var error in ConnectionCursors.Check(specification, protocol, Cursors)) yield return error;
    }

    /// <summary>As their column holds them.</summary>
    public string CursorsJson => JsonSerializer.Serialize(Cursors);

    /// <summary>The names of the fields in which it differs.</summary>
    public IEnumerable<string> Differences(ConnectionSettings other)
    {
        bool[] same =
        [
            FullListing == other.FullListing, MaxDeleteFraction == other.MaxDeleteFraction, ChangedEvents == other.ChangedEvents, Streams.SequenceEqual(other.Streams),
            MaxAttempts == other.MaxAttempts, FirstPageSeconds == other.FirstPageSeconds, IdleSeconds == other.IdleSeconds, TotalSeconds == other.TotalSeconds,
            Cursors.Count == other.Cursors.Count && Cursors.All(cursor => other.Cursors.GetValueOrDefault(cursor.Key) == cursor.Value), AlwaysOn == other.AlwaysOn,
        ];
        return Fields.Zip(same).Where(pair => !pair.Second).Select(pair => pair.First);
    }

    public void Tell(RunSpecification specification)
    {
        specification.FullListing = FullListing;
        specification.ChangedEvents = ChangedEvents;
        specification.Streams.Add(Streams);
        specification.Cursors.Add(Cursors.ToDictionary());
        if (MaxDeleteFraction is { } fraction) specification.MaxDeleteFraction = fraction;
        specification.Policy = new();
        if (MaxAttempts is { } attempts) specification.Policy.MaxAttempts = attempts;
        if (FirstPageSeconds is { } firstPage) specification.Policy.FirstPageSeconds = firstPage;
        if (IdleSeconds is { } idle) specification.Policy.IdleSeconds = idle;
        if (TotalSeconds is { } total) specification.Policy.TotalSeconds = total;
    }

    private static string[] ReadStreams(JsonFields fields)
    {
        if (fields.Value("streams") is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxStreams)
        {
            fields.Add(new("streams", "wrong_type", $"Streams are a list of at most {MaxStreams} names."));
            return [];
        }
        var streams = new List<string>();
        foreach (var (position, item) in value.EnumerateArray().Index())
        {
            var name = item.ValueKind == JsonValueKind.String ? item.GetString()! : null;
            if (name is null || name.Contains('\0') || Encoding.UTF8.GetByteCount(name) > MaxStreamBytes)
                fields.Add(new($"streams[{position}]", "invalid_stream", $"The name of a stream is a string of at most {MaxStreamBytes} bytes without U+0000."));
            else if (streams.Contains(name))
                fields.Add(new($"streams[{position}]", "duplicate_field", "The stream stands there twice."));
            else
                streams.Add(name);
        }
        return [.. streams];
    }
}
