using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Events;

/// <summary>
/// What a service delivered, as CloudEvents 0.1 to 1.0 have it (github.com/cloudevents/spec), structured, in batches or with its attributes in headers. Services
/// in the wild mix the names of versions, or send no envelope at all: then the whole body is the data.
/// </summary>
internal static class CloudEventReader
{
    private const int MaxDepth = 64;
    private const string Prefix = "ce-";

    // Each attribute by its names from 1.0 back to 0.1.
    private static readonly string[] Id = ["id", "eventID"];
    private static readonly string[] Type = ["type", "eventType"];
    private static readonly string[] Source = ["source"];
    private static readonly string[] Time = ["time", "eventTime"];
    private static readonly string[] Subject = ["subject"];
    private static readonly string[] ContentType = ["datacontenttype", "contentType"];
    private static readonly string[] Version = ["specversion", "cloudEventsVersion"];
    private static readonly string[] Encoding64 = ["datacontentencoding"];

    /// <param name="headers">Names in any case.</param>
    /// <param name="body">As it came.</param>
    /// <returns>One object for each event.</returns>
    /// <exception cref="FormatException">It says that it is JSON and is not, or is not UTF-8.</exception>
    public static IReadOnlyList<HeardObject> Read(string? contentType, IEnumerable<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> body)
    {
        var attributes = headers.Where(h => h.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            .GroupBy(h => h.Key[Prefix.Length..], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(h => h.Key, h => Uri.UnescapeDataString(h.First().Value.Trim('"')), StringComparer.OrdinalIgnoreCase);
        var media = (contentType ?? "").Split(';')[0].Trim().ToLowerInvariant();
        var json = Json(media, body);
        if (attributes.Count > 0)
            return [Of(name => attributes.GetValueOrDefault(name), json ?? Data(media, body), media)];
        return json switch
        {
            JsonArray batch when media.Contains("cloudevents", StringComparison.Ordinal) => [.. batch.Select(each => each is JsonObject envelope ? Of(envelope) : Bare(each, media))],
            JsonObject envelope when IsEnvelope(envelope) => [Of(envelope)],
            null => [Bare(Data(media, body), media)],
            _ => [Bare(json, media)],
        };
    }

    private static bool IsEnvelope(JsonObject json) => json.ContainsKey("data") || json.ContainsKey("data_base64") || First(json, Version) is not null;

    private static HeardObject Of(JsonObject envelope)
    {
        var data = envelope["data"]?.DeepClone();
        if (data is null && Text(envelope["data_base64"]) is { } encoded)
            data = JsonValue.Create(encoded);
        // In 0.2 and 0.3 a word says so; what it stands for stays as it came, its reader knows best.
        return Of(name => Text(envelope[name]), data, First(envelope, ContentType) ?? "application/json", envelope.ContainsKey("data_base64") || First(envelope, Encoding64) == "base64");
    }

    private static HeardObject Bare(JsonNode? data, string media) => Of(_ => null, data?.DeepClone(), media);

    private static HeardObject Of(Func<string, string?> attribute, JsonNode? data, string media, bool isBase64 = false)
    {
        var (id, source, type) = (First(attribute, Id), First(attribute, Source) ?? "", First(attribute, Type) ?? "");
        var metadata = new JsonObject();
        Add("id", id);
        Add("source", source);
        Add("type", type);
        Add("subject", First(attribute, Subject));
        Add("time", First(attribute, Time));
        Add("datacontenttype", First(attribute, ContentType) ?? media);
        Add("dataencoding", isBase64 ? "base64" : null);
        metadata["data"] = data;
        // An event is one by its source and id together; without an id each delivery is an event of its own.
        var key = string.IsNullOrEmpty(id) ? Guid.CreateVersion7().ToString() : source.Length == 0 ? id : $"{source}#{id}";
        return new(key, type, source, metadata.ToJsonString(PlatformJson.Options));

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                metadata[name] = value;
        }
    }

    private static string? First(JsonObject envelope, string[] names) => First(name => Text(envelope[name]), names);

    private static string? First(Func<string, string?> attribute, string[] names) => names.Select(attribute).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    private static string? Text(JsonNode? node) => node is not JsonValue value ? null
        : value.TryGetValue<string>(out var text) ? text : value.GetValueKind() == JsonValueKind.Number ? value.ToJsonString() : null;

    private static JsonNode? Json(string media, ReadOnlyMemory<byte> body)
    {
        var isSaid = media is "application/json" or "text/json" || media.EndsWith("+json", StringComparison.Ordinal);
        if (!isSaid && media.Length > 0)
            return null;
        try
        {
            return JsonNode.Parse(body.Span, documentOptions: new() { MaxDepth = MaxDepth });
        }
        catch (JsonException) when (!isSaid)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"the body is not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine}"), e);
        }
    }

    private static JsonNode? Data(string media, ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
            return null;
        if (media == "application/x-www-form-urlencoded")
            return Form(Text(body));
        return media.StartsWith("text/", StringComparison.Ordinal) || media.Length == 0 ? JsonValue.Create(Text(body)) : JsonValue.Create(Convert.ToBase64String(body.Span));
    }

    private static JsonObject Form(string text)
    {
        var fields = new JsonObject();
        foreach (var (name, values) in Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(text))
            fields[name] = values.Count == 1 ? JsonValue.Create(values[0]) : new JsonArray([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);
        return fields;
    }

    private static string Text(ReadOnlyMemory<byte> body)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new FormatException("the body is not UTF-8", e);
        }
    }
}
