using System.Diagnostics;
using System.Text.Json;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Runs;

/// <summary>From the request for a run to its first object that can be read, warm; many runs at once; and what the Runner holds meanwhile and when idle.</summary>
internal static class RunTimes
{
    private const string Go = "Go", GoAgain = "Go again (A/A)", Dotnet = "C#", DotnetAgain = "C# again (A/A)";
    private const double FirstObjectLimit = 0.5, PeakLimit = 300, IdleLimit = 120;
    private const int Files = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private sealed record Contestant(string Name, string Connector);

    private sealed record Times(double FirstObject, double Leased, double Ended);

    public static async Task RunAsync(RunPlan plan, string folder, Results results)
    {
        var source = Directory.CreateDirectory(Path.Combine(folder, "source")).FullName;
        for (var file = 0; file < Files; file++)
            await File.WriteAllTextAsync(Path.Combine(source, $"file-{file}.txt"), $"content of {file}");
        // Each with a file of its own alone: what else lies beside it is not to be part of its bundle.
        var go = Directory.CreateDirectory(Path.Combine(folder, "files-go")).FullName;
        File.Copy(Programs.Go("files-go")[0], Path.Combine(go, "files-go"));
        var dotnet = Path.Combine(folder, "files");
        using (var copy = Process.Start("cp", ["-r", Path.Combine(Programs.Artifacts, "files"), dotnet]))
            await copy.WaitForExitAsync();
        var options = JsonSerializer.Serialize(new { root = source });

        Progress.Say("starting the platform");
        await using var platform = await PlatformProcess.StartAsync(folder, ("Runner__ConcurrentRuns", "50"));
        await Task.Delay(plan.Idle);
        var idle = platform.RunnerMemory / 1e6;
        await platform.InstallAsync("files-go", go, "./files-go");
        await platform.InstallAsync("files", dotnet, "./files");

        Progress.Say("one run after the other");
        Contestant[] contestants = [new(Go, "files-go"), new(GoAgain, "files-go"), new(Dotnet, "files"), new(DotnetAgain, "files")];
        var count = 0;
        async Task<Times> SampleAsync(Contestant contestant)
        {
            // A connection of its own has no object yet.
            var connection = $"one-{++count}";
            await platform.ConnectAsync(connection, contestant.Connector, options);
            var begun = Stopwatch.GetTimestamp();
            var run = await platform.StartRunAsync(connection);
            await platform.WaitForObjectAsync(connection, Limit);
            var first = Stopwatch.GetElapsedTime(begun);
            var record = await platform.WaitForSuccessAsync(run, Limit);
            return new(first.TotalSeconds, Seconds(record, "started_at"), Seconds(record, "finished_at"));
        }

        var rounds = new Plan(plan.Name, TimeSpan.Zero, TimeSpan.Zero, plan.Rounds);
        var samples = await Rounds.RunAsync(rounds, contestants, SampleAsync, SampleAsync);
        var first = Measure("queued to first object", contestants, samples, times => times.FirstObject);
        results.Measures.AddRange([first, Measure("of it, queued to leased", contestants, samples, times => times.Leased), Measure("queued to ended", contestants, samples, times => times.Ended)]);

        Progress.Say($"{plan.AtOnce} runs at once");
        var connections = Enumerable.Range(0, plan.AtOnce).Select(i => $"many-{i}").ToList();
        for (var i = 0; i < connections.Count; i++)
            await platform.ConnectAsync(connections[i], contestants[i % contestants.Length].Connector, options);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(connections.Select(async connection => await platform.WaitForSuccessAsync(await platform.StartRunAsync(connection), Limit)));
        var all = Stopwatch.GetElapsedTime(start).TotalSeconds;

        results.Measures.Add(new($"{plan.AtOnce} runs at once, until all have succeeded", "s", null, [new("half Go, half C#", [all])]));
        results.Measures.Add(new("memory of the Runner, idle", "MB", null, [new("ours", [idle])]));
        results.Measures.Add(new("memory of the Runner, highest", "MB", null, [new("ours", [platform.RunnerPeakMemory / 1e6])]));
        results.Goals.AddRange(
        [
            new("first-object-go (s)", first.Median(Go), FirstObjectLimit, AtLeast: false),
            new("first-object-csharp (s)", first.Median(Dotnet), FirstObjectLimit, AtLeast: false),
            new("runner-peak (MB)", platform.RunnerPeakMemory / 1e6, PeakLimit, AtLeast: false),
            new("runner-idle (MB)", idle, IdleLimit, AtLeast: false),
        ]);
    }

    private static Measure Measure(string name, IReadOnlyList<Contestant> contestants, IReadOnlyList<IReadOnlyList<Times>> samples, Func<Times, double> time) =>
        new(name, "s", null, [.. contestants.Zip(samples, (contestant, times) => new Series(contestant.Name, [.. times.Select(time)]))]);

    private static double Seconds(JsonElement run, string until) => (run.GetProperty(until).GetDateTimeOffset() - run.GetProperty("created_at").GetDateTimeOffset()).TotalSeconds;
}
