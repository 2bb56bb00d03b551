using System.Text.Json;
using Google.Protobuf;

namespace Platform.Runner.Packages.Check.Traces;

/// <summary>
/// Reads the body of an OTLP export of traces, of which only these fields matter (https://opentelemetry.io/docs/specs/otlp/): resource_spans = 1 of the request;
/// resource = 1 and scope_spans = 2 of those; attributes = 1 of a resource, each with key = 1 and value = 2, of which string_value = 1; spans = 2 of a
/// scope; trace_id = 1 and parent_span_id = 4 of a span. In JSON the names are in lowerCamelCase and ids are hexadecimal.
/// </summary>
internal static class TraceReader
{
    private const string ServiceName = "service.name";

    /// <exception cref="InvalidProtocolBufferException">It is none.</exception>
    public static IReadOnlyList<SeenSpan> ReadProtobuf(ReadOnlySpan<byte> body)
    {
        List<SeenSpan> seen = [];
        foreach (var resourceSpans in Of(ByteString.CopyFrom(body), 1))
        {
            var service = Of(resourceSpans, 1).SelectMany(resource => Of(resource, 1)).Where(attribute => Text(attribute, 1) == ServiceName)
                .SelectMany(attribute => Of(attribute, 2)).Select(value => Text(value, 1)).FirstOrDefault();
            foreach (var span in Of(resourceSpans, 2).SelectMany(scope => Of(scope, 2)))
                seen.Add(new(Hex(span, 1), Hex(span, 4), service));
        }

        return seen;
    }

    /// <exception cref="JsonException">It is none.</exception>
    public static IReadOnlyList<SeenSpan> ReadJson(ReadOnlySpan<byte> body)
    {
        List<SeenSpan> seen = [];
        foreach (var resourceSpans in Items(JsonSerializer.Deserialize<JsonElement>(body), "resourceSpans"))
        {
            var service = Items(Member(resourceSpans, "resource"), "attributes").Where(a => Text(a, "key") == ServiceName).Select(a => Text(Member(a, "value"), "stringValue")).FirstOrDefault();
            foreach (var span in Items(resourceSpans, "scopeSpans").SelectMany(scope => Items(scope, "spans")))
                seen.Add(new(Text(span, "traceId")?.ToLowerInvariant() ?? "", Text(span, "parentSpanId")?.ToLowerInvariant() ?? "", service));
        }

        return seen;
    }

    // The values of one field with a length: messages, texts and bytes.
    private static List<ByteString> Of(ByteString message, int field)
    {
        List<ByteString> values = [];
        var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagWireType(tag) != WireFormat.WireType.LengthDelimited)
                input.SkipLastField();
            else if (input.ReadBytes() is var value && WireFormat.GetTagFieldNumber(tag) == field)
                values.Add(value);
        }

        return values;
    }

    private static string? Text(ByteString message, int field) => Of(message, field).LastOrDefault()?.ToStringUtf8();

    private static string Hex(ByteString message, int field) => Of(message, field).LastOrDefault() is { } bytes ? Convert.ToHexStringLower(bytes.Span) : "";

    private static JsonElement Member(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) ? member : default;

    private static string? Text(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) => Member(of, name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];
}
