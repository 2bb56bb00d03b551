using System.Diagnostics;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Loads;

/// <summary>
/// One load of millions of rows, watched for its memory; then the next run lists nine tenths of them, and its close deletes the rest.
/// </summary>
internal static class LongLoad
{
    private const string Database = "long";
    private const double Megabyte = 1e6, MemoryLimit = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static async Task RunAsync(int rows, PostgresServer server, Results results)
    {
        Progress.Say(FormattableString.Invariant($"one load of {rows:#,0} rows"));
        await server.CreateDatabaseAsync(Database);
        await using var ingest = await IngestProcess.StartAsync(server.ConnectionString(Database));
        var connection = Guid.CreateVersion7();
        var idle = ingest.Memory;
        var run = PageLoads.NewRun(connection);
        var memory = await WatchAsync(ingest, async () => Expect("inserted", rows, (await PageLoads.SendAsync(ingest, run, PageLoads.Pages(Rows(rows)))).Inserted));
        var highest = ingest.PeakMemory;
        var first = await CloseAsync(ingest, run, 0);

        var listed = rows / 10 * 9;
        Progress.Say(FormattableString.Invariant($"a run that lists {listed:#,0} of them"));
        run = PageLoads.NewRun(connection);
        Expect("unchanged", listed, (await PageLoads.SendAsync(ingest, run, PageLoads.Pages(Rows(listed)))).Unchanged);
        var second = await CloseAsync(ingest, run, rows - listed);

        var name = FormattableString.Invariant($"memory of Ingest, a load of {rows:#,0} rows");
        results.Measures.Add(new(name, "MB", null,
            [
                new("before it", [idle / Megabyte]), new("in its first quarter", Part(memory, 0, 1)), new("in its second and third", Part(memory, 1, 3)),
                new("in its last", Part(memory, 3, 4)), new("highest", [highest / Megabyte]), new("highest, with the next run and its sweep", [ingest.PeakMemory / Megabyte]),
            ]));
        results.Measures.Add(new(FormattableString.Invariant($"close, {rows:#,0} rows"), "ms", null,
            [new("nothing to sweep", [first.TotalMilliseconds]), new(FormattableString.Invariant($"sweep of {rows - listed:#,0}"), [second.TotalMilliseconds])]));
        results.Goals.Add(new("memory-long (MB)", highest / Megabyte, MemoryLimit, AtLeast: false));
    }

    private static IEnumerable<Row> Rows(int count) => Enumerable.Range(0, count).Select(number => Row.Make(number, 0));

    private static async Task<List<double>> WatchAsync(IngestProcess ingest, Func<Task> work)
    {
        var memory = new List<double>();
        var working = work();
        do
            memory.Add(ingest.Memory / Megabyte);
        while (await Task.WhenAny(working, Task.Delay(Interval)) != working);
        await working;
        return memory;
    }

    /// <returns>The samples from one quarter of the time to another; at least one.</returns>
    private static double[] Part(List<double> samples, int from, int to)
    {
        var start = Math.Min(samples.Count * from / 4, samples.Count - 1);
        return [.. samples[start..Math.Max(samples.Count * to / 4, start + 1)]];
    }

    private static async Task<TimeSpan> CloseAsync(IngestProcess ingest, Platform.Ingest.V1.RunIdentity run, int swept)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await PageLoads.CloseAsync(ingest, run);
        var took = Stopwatch.GetElapsedTime(start);
        Expect("swept", swept, counts.Swept);
        return took;
    }

    private static void Expect(string what, long expected, long counted)
    {
        if (counted != expected)
            throw new InvalidOperationException($"A long load: {expected} rows should have been {what}, Ingest counted {counted}.");
    }
}
