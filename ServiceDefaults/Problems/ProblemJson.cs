using System.Text.Json;

namespace Platform.ServiceDefaults;

/// <summary>The one JSON form of a problem: body of an HTTP answer and content of the gRPC trailer.</summary>
internal static class ProblemJson
{
    public const string ContentType = "application/problem+json";
    private const string TypePrefix = "urn:platform:problem:";
    private static readonly HashSet<string> Known = ["type", "title", "status", "detail", "code", "remedy", "errors", "trace_id"];

    public static byte[] Serialize(Problem problem, string? traceId)
    {
        var body = new Dictionary<string, object?>
        {
            ["type"] = TypePrefix + problem.Code,
            ["title"] = problem.Title,
            ["status"] = problem.Status,
            ["detail"] = problem.Detail,
            ["code"] = problem.Code,
        };
        if (problem.Remedy is not null)
            body["remedy"] = problem.Remedy;
        if (problem.Errors is { Count: > 0 })
            body["errors"] = problem.Errors;
        if (traceId is not null)
            body["trace_id"] = traceId;
        foreach (var (name, value) in problem.Extensions ?? new Dictionary<string, object?>())
            body.TryAdd(name, value);
        return JsonSerializer.SerializeToUtf8Bytes(body, PlatformJson.Options);
    }

    /// <summary>Null when the bytes are no problem of this platform.</summary>
    public static Problem? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var body = JsonSerializer.Deserialize<JsonElement>(json, PlatformJson.Options);
            if (Text(body, "code") is not { } code)
                return null;
            var errors = body.TryGetProperty("errors", out var list) ? list.Deserialize<FieldError[]>(PlatformJson.Options) : null;
            var extensions = body.EnumerateObject().Where(p => !Known.Contains(p.Name))
                .ToDictionary(p => p.Name, p => (object?)(p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString() : p.Value));
            return new Problem(
                code, body.GetProperty("status").GetInt32(), Text(body, "title") ?? code, Text(body, "detail") ?? "",
                Text(body, "remedy"), errors, extensions.Count > 0 ? extensions : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
