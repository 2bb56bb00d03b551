using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization;
using Platform.Cli.Api;

namespace Platform.Cli.Status;

/// <summary><c>status</c>: whether each service can do its work; the exit code says whether all can.</summary>
internal static class ShowStatus
{
    private sealed record Answer(bool Healthy, IReadOnlyList<Replica> Services);

    private sealed record Replica(string Service, [property: JsonPropertyName("replica")] int Number, string State, string? Message);

    public static Command Command() => new Command("status", "Shows whether each service of the platform can do its work.").Does(async call =>
    {
        var json = await call.Api.GetAsync("/v1/services", call.Cancel);
        call.Screen.Document(json);
        var answer = json.To<Answer>();
        call.Screen.Table(
            ["service", "replica", "state", "message"],
            answer.Services.Select(s => new[] { s.Service, s.Number.ToString(CultureInfo.InvariantCulture), s.State, s.Message }), "No services.");
        return answer.Healthy ? ExitCode.Ok : ExitCode.Failed;
    });
}
