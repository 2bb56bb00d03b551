using System.Diagnostics;
using System.Globalization;
using Platform.Benchmarks.Loads;
using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks.Syncs;

/// <summary>A host with a generator: a process of ours or of the peer's, which understand the same commands.</summary>
/// <param name="ingest">Null: the host writes to the table itself.</param>
internal sealed class SyncContestant(string name, LoadTable table, Contestant host, IngestProcess? ingest = null) : LoadContestant(name, table)
{
    private static readonly TimeSpan SyncLimit = TimeSpan.FromMinutes(15);

    protected override TimeSpan ProcessorTime => host.ProcessorTime + (ingest?.ProcessorTime ?? TimeSpan.Zero);

    protected override async Task<Func<Task>> PrepareAsync(Load load)
    {
        await PrepareAsync(host, load.Rows, Connections[0].ToString());
        return () => GoAsync(host, Name, load.Rows);
    }

    /// <summary>Into a counter within the host: how fast the generator and the way to the host are by themselves.</summary>
    public static async Task<double> CountAsync(Contestant host, string name, int rows)
    {
        await PrepareAsync(host, rows, SyncHostProcess.Nowhere);
        var start = Stopwatch.GetTimestamp();
        await GoAsync(host, name, rows);
        return rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static Task PrepareAsync(Contestant host, int rows, string connection) =>
        host.AskAsync(string.Create(CultureInfo.InvariantCulture, $"prepare {rows} {PageLoads.PageRows} {connection}"));

    private static async Task GoAsync(Contestant host, string name, int rows)
    {
        var counted = await host.AskAsync("go", SyncLimit);
        if (counted != rows.ToString(CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"{name}: the host counted {counted} of {rows} objects.");
    }
}
