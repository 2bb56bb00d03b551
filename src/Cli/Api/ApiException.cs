using System.Globalization;
using System.Text.Json;

namespace Platform.Cli.Api;

/// <summary>The API's own problem document (RFC 9457), and the line for each field that it names.</summary>
/// <param name="problem">Undefined: whoever answered is not the gateway, or not in its own words.</param>
/// <param name="retryAfter">What the answer asks to wait for; null: it asks for nothing.</param>
internal sealed class ApiException(int status, JsonElement problem, TimeSpan? retryAfter = null) : Exception
{
    public int Status { get; } = status;

    /// <summary>Always an object with code, status and detail.</summary>
    public JsonElement Problem { get; } = problem.ValueKind == JsonValueKind.Object ? problem : JsonSerializer.SerializeToElement(
        new { code = $"http_{status}", status, detail = $"The answer is {status} ({(System.Net.HttpStatusCode)status}), without a problem document: it may come from a proxy on the way." }, ApiJson.Options);

    public string Code => Text("code") ?? $"http_{Status}";

    public string Detail => Text("detail") ?? Text("title") ?? $"The gateway answered {Status}.";

    public string? Remedy => (Text("remedy") ?? Otherwise, Wait) switch
    {
        (null, var wait) => wait,
        ({ } remedy, null) => remedy,
        ({ } remedy, { } wait) => $"{wait} {remedy}",
    };

    public IEnumerable<(string Field, string Message)> Errors =>
        Problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().Select(e => (Member(e, "field") ?? "", Member(e, "message") ?? Member(e, "code") ?? ""))
            : [];

    public int ExitCode => Status == 401 ? Cli.ExitCode.NotAuthenticated : Cli.ExitCode.Problem;

    /// <summary>For problems that bring no remedy of their own.</summary>
    private string? Otherwise => Status switch
    {
        401 => "Log in: platform login, or set PLATFORM_TOKEN.",
        403 => "Use a token with the scope for this: platform tokens create makes one.",
        429 when retryAfter is null => "Try again in a moment.",
        502 or 503 or 504 when retryAfter is null => "Try again in a moment; platform doctor says what is wrong.",
        _ => null,
    };

    private string? Wait => retryAfter is { } wait ? $"Try again in {Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture)} s." : null;

    private string? Text(string name) => Member(Problem, name);

    private static string? Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
