using System.CommandLine;
using Platform.Cli.Api;

namespace Platform.Cli.Images;

/// <summary><c>image check</c>: whether an image follows the specifications of packaged connectors, point by point.</summary>
internal static class CheckImage
{
    // Its turn, and the two minutes that a check may take.
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(5);

    public static Command Command()
    {
        var image = new Argument<string>("image") { Description = "The name or id of an image in the platform's container engine." };
        var configuration = new Option<string?>("--config") { Description = "The folder with the configuration that it is run with; below the platform's local roots." };
        return new Command("check", "Checks whether an image follows the specifications of packaged connectors.") { image, configuration }.Does(async call =>
        {
            var folder = call.Get(configuration) is { } given ? Path.GetFullPath(given) : null;
            var json = await call.Api.PostAsync("/v1/images/check", new { image = call.Get(image), configuration = folder }, call.Cancel, AnswerWithin);
            call.Screen.Document(json);
            var report = json.To<Report>();
            Show(call.Screen, report);
            return report.Passed ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static void Show(Screen screen, Report report)
    {
        screen.Table(
            ["point", "grade", "outcome", "what is expected", "what was seen"],
            report.Points.Select(p => new[] { p.Id, p.Grade, p.Outcome == "failed" ? "FAILED" : p.Outcome, p.Title, p.Seen }), "No points.");
        foreach (var point in report.Points.Where(p => p.Outcome == "failed"))
            screen.Say($"{point.Id} ({point.Grade}): {point.Seen}\n  to do: {point.Remedy}");
        foreach (var warning in report.Warnings)
            screen.Warn("not_checked", warning, null);
        screen.Say($"{(report.Passed ? "Passed" : "FAILED")}: of {report.Points.Count} points {report.Failed.Must} must, {report.Failed.Should} should and {report.Failed.Info} info failed, in {report.Seconds:0} s.");
    }

    private sealed record Report(bool Passed, Counts Failed, IReadOnlyList<PointRow> Points, IReadOnlyList<string> Warnings, double Seconds);

    private sealed record Counts(int Must, int Should, int Info);

    private sealed record PointRow(string Id, string Grade, string Title, string Outcome, string Seen, string? Remedy);
}
