using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Starts;

/// <summary>From the start of a connector's process to its first answered call, step by step, in each language.</summary>
internal static class ConnectorStarts
{
    private static readonly (string Name, Func<StartTimes, TimeSpan> Time)[] Steps =
    [
        ("host: folder, limits, spawn", t => t.Spawn),
        ("isolation and connector, to the handshake", t => t.Handshake),
        ("host: channel connected", t => t.Connect),
        ("first answer", t => t.Answer),
    ];

    public static async Task RunAsync(Plan plan, Results results)
    {
        await using var isolated = new StartHost(isolated: true);
        await using var open = new StartHost(isolated: false);
        results.Measures.Add(Milliseconds("Runner's start: looking for isolation, once", [new("ours", [isolated.LookForIsolation.TotalMilliseconds])]));
        (StartHost Host, StartCase Case)[] starts = [.. StartCase.All.Select(c => (isolated, c)), .. StartCase.All.Select(c => (open, c))];
        Progress.Say("starts of connectors");
        var samples = await Rounds.RunAsync(plan, starts, start => start.Host.StartAsync(start.Case), start => start.Host.StartAsync(start.Case));

        var withIsolation = samples.Take(StartCase.All.Count).Zip(StartCase.All).ToList();
        var without = samples.Skip(StartCase.All.Count).Zip(StartCase.All).ToList();
        results.Measures.Add(Milliseconds($"connector start, {isolated.AppliedIsolation}", [.. withIsolation.Select(s => Series(s.Second.Name, s.First, t => t.Total))]));
        results.Measures.Add(Milliseconds($"connector start, {open.AppliedIsolation}", [.. without.Select(s => Series(s.Second.Name, s.First, t => t.Total))]));
        foreach (var (times, connector) in withIsolation.Where(s => s.Second.Answers))
            results.Measures.Add(Milliseconds($"connector start by steps, {connector.Name}", [.. Steps.Select(step => Series(step.Name, times, step.Time))]));
    }

    private static Series Series(string name, IReadOnlyList<StartTimes> times, Func<StartTimes, TimeSpan> time) =>
        new(name, [.. times.Select(t => time(t).TotalMilliseconds)]);

    private static Measure Milliseconds(string name, IReadOnlyList<Series> series) => new(name, "ms", null, series);
}
