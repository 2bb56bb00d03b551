using System.Collections.Concurrent;
using Platform.Runner.Packages.Check.Points;

namespace Platform.Runner.Packages.Check;

/// <summary>What is known of each point so far; many find at once.</summary>
internal sealed class Findings
{
    private const int MaxSeen = 600;
    private readonly ConcurrentDictionary<string, PointResult> found = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> warnings = [];
    private readonly ConcurrentQueue<TimeSpan> starts = [];

    /// <summary>Every point, in the order of reports.</summary>
    public static IReadOnlyList<Point> All { get; } =
    [
        .. StartPoints.All, .. AnswerPoints.All, .. ConfigurationPoints.All, .. AuthPoints.All, .. TelemetryPoints.All, .. SignalPoints.All, .. FailurePoints.All,
        .. LogPoints.All, .. SurroundingPoints.All,
    ];

    public IReadOnlyCollection<string> Warnings => warnings;

    /// <summary>How long each container took until it was ready.</summary>
    public IReadOnlyCollection<TimeSpan> Starts => starts;

    public void Pass(Point point, string seen) => Add(point, Outcome.Passed, seen);

    public void Fail(Point point, string seen) => Add(point, Outcome.Failed, seen);

    public void Skip(Point point, string why) => Add(point, Outcome.Skipped, why);

    public void Judge(Point point, bool passed, string seen) => Add(point, passed ? Outcome.Passed : Outcome.Failed, seen);

    public void Warn(string warning) => warnings.Enqueue(warning);

    public void Started(TimeSpan took) => starts.Enqueue(took);

    /// <summary>One of each point: those that nothing was found about are skipped.</summary>
    public IReadOnlyList<PointResult> Results(string why) =>
        [.. All.Select(p => found.GetValueOrDefault(p.Id) ?? new(p.Id, p.Grade, p.Title, Outcome.Skipped, why, null))];

    // The first word counts: what comes later comes from something that failed.
    private void Add(Point point, Outcome outcome, string seen) => found.TryAdd(
        point.Id,
        new(point.Id, point.Grade, point.Title, outcome, seen.Length <= MaxSeen ? seen : seen[..MaxSeen] + "…", outcome == Outcome.Failed ? point.Remedy : null));
}
