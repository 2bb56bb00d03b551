using System.Text.Json;

namespace Platform.Cli.Api;

/// <summary>The API's own problem document (RFC 9457), and the line for each field that it names.</summary>
internal sealed class ApiException(int status, JsonElement problem) : Exception
{
    public int Status { get; } = status;

    public JsonElement Problem { get; } = problem;

    public string Code => Text("code") ?? $"http_{Status}";

    public string Detail => Text("detail") ?? Text("title") ?? $"The gateway answered {Status}.";

    public string? Remedy => Text("remedy");

    public IEnumerable<(string Field, string Message)> Errors =>
        Problem.ValueKind == JsonValueKind.Object && Problem.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray().Select(e => (Member(e, "field") ?? "", Member(e, "message") ?? Member(e, "code") ?? ""))
            : [];

    public int ExitCode => Status == 401 ? Cli.ExitCode.NotAuthenticated : Cli.ExitCode.Problem;

    private string? Text(string name) => Member(Problem, name);

    private static string? Member(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
