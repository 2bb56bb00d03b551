using System.Text.Json.Nodes;
using Platform.Gateway.Console.Services;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Forms;

/// <summary>The request that the form of a connection makes, when it is new and when it is changed.</summary>
internal static class ConnectionForm
{
    private const string Cursors = "cursors";

    /// <summary>Of the connection itself, whatever its connector is.</summary>
    public static readonly IReadOnlyList<FormField> Settings =
    [
        new("full_listing", [], FieldKind.Boolean, "Every run lists everything there is: what a run that succeeds did not send is deleted."),
        new("changed_events", [], FieldKind.Boolean, "Publish an event with every change of an object."),
        new("streams", [], FieldKind.Lines, "The streams to sync; none: all."),
        new("max_delete_fraction", [], FieldKind.Number, "The delete guard: the part of a stream, 0 to 1, that one run may delete; 0.5 where it is not given."),
        new("max_attempts", [], FieldKind.Integer, "Attempts of a run that fails for passing reasons, 1 to 10."),
        new("first_page_seconds", [], FieldKind.Integer, "From the connector's start to its first page."),
        new("idle_seconds", [], FieldKind.Integer, "Between two signs of life of a sync."),
        new("total_seconds", [], FieldKind.Integer, "Of one attempt."),
        new(Cursors, [], FieldKind.Lines, "Of a packaged connector, STREAM=COLUMN: once the stream has been listed, runs ask for what has changed by this column."),
        new("always_on", [], FieldKind.Boolean, "A packaged connector runs all the time, and not only while it is needed."),
    ];

    public static readonly IReadOnlyDictionary<string, string> Titles = new Dictionary<string, string>
    {
        ["full_listing"] = "Full listing", ["changed_events"] = "Events of changes", ["streams"] = "Streams", ["max_delete_fraction"] = "Most that may be deleted",
        ["max_attempts"] = "Attempts", ["first_page_seconds"] = "Seconds to the first page", ["idle_seconds"] = "Idle seconds", ["total_seconds"] = "Seconds in all",
        [Cursors] = "Cursors", ["always_on"] = "Always on", ["options"] = "Options",
    };

    /// <summary>The options of a connector that doesn't describe itself: whatever it takes.</summary>
    public static readonly FormField Opaque = new(SpecificationFields.Root, [], FieldKind.Long, "This connector does not say which options it takes: text, or JSON, as its documentation says.");

    /// <summary>The options of a connector about which the token may not ask; the service checks them all the same.</summary>
    /// <param name="before">Null: the connection is new.</param>
    public static FormField Unread(ConnectionRow? before) => Opaque with
    {
        Description = "As JSON, or as text where the connector takes that. With connectors:read your token would get a field for each option here."
            + (before is null ? "" : $" What is given {(before.Options is null ? "replaces the options there are" : "is laid over the options there are, and null takes one away")}; what is left empty stays."),
    };

    /// <param name="before">Null: the connection is new.</param>
    /// <exception cref="ProblemException">422 <c>invalid_form</c>.</exception>
    public static JsonObject Read(ConnectorSpecification? specification, IFormCollection form, ConnectionRow? before)
    {
        List<FieldError> errors = [];
        var body = new JsonObject();
        foreach (var field in Settings)
        {
            var text = form[field.Name].ToString().Trim();
            body[field.Name] = field.Kind switch
            {
                FieldKind.Boolean => form[field.Name].Contains("true"),
                FieldKind.Lines when field.Name == Cursors => ReadCursors(FormReader.Lines(text), before, errors),
                FieldKind.Lines => new JsonArray([.. FormReader.Lines(text).Select(line => JsonValue.Create(line))]),
                _ when text.Length == 0 => null,
                _ => Number(field, text, errors),
            };
        }

        if (specification is not null) body["options"] = FormReader.Read(SpecificationFields.Of(specification), form, before?.Options ?? (before is null ? null : []), errors);
        else if (form[SpecificationFields.Root].ToString() is { Length: > 0 } options) body["options"] = options.ReplaceLineEndings("\n");
        return errors.Count == 0 ? body : throw Errors.InvalidForm(errors);
    }

    /// <summary>The settings as the form shows them.</summary>
    public static JsonObject Present(ConnectionRow row) => new()
    {
        ["full_listing"] = row.FullListing, ["changed_events"] = row.ChangedEvents, ["streams"] = new JsonArray([.. row.Streams.Select(stream => JsonValue.Create(stream))]),
        ["max_delete_fraction"] = row.MaxDeleteFraction, ["max_attempts"] = row.MaxAttempts, ["first_page_seconds"] = row.FirstPageSeconds,
        ["idle_seconds"] = row.IdleSeconds, ["total_seconds"] = row.TotalSeconds, ["always_on"] = row.AlwaysOn,
        [Cursors] = new JsonArray([.. row.Cursors.OrderBy(cursor => cursor.Key, StringComparer.Ordinal).Select(cursor => JsonValue.Create($"{cursor.Key}={cursor.Value}"))]),
    };

    // A change merges them, so that one which is not in the form any more has to be taken away by name. A column has no "=", which a stream may have.
    private static JsonObject ReadCursors(IEnumerable<string> lines, ConnectionRow? before, List<FieldError> errors)
    {
        var cursors = new JsonObject();
        foreach (var stream in before?.Cursors.Keys ?? []) cursors[stream] = null;
        foreach (var line in lines)
        {
            if (line.LastIndexOf('=') is > 0 and var at && at < line.Length - 1) cursors[line[..at].TrimEnd()] = line[(at + 1)..].TrimStart();
            else errors.Add(new(Cursors, "wrong_type", $"'{line}' is no STREAM=COLUMN."));
        }
        return cursors;
    }

    // These the service wants as numbers.
    private static JsonNode? Number(FormField field, string text, List<FieldError> errors)
    {
        if (decimal.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number))
            return field.Kind == FieldKind.Integer && number == decimal.Truncate(number) && Math.Abs(number) < long.MaxValue ? JsonValue.Create((long)number) : JsonValue.Create(number);
        errors.Add(new(field.Name, "wrong_type", "It is no number."));
        return null;
    }
}
