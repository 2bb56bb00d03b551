using System.Diagnostics;
using Npgsql;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Loads;

/// <summary>A way to bring rows into a table, and the table.</summary>
internal abstract class LoadContestant(string name, LoadTable table)
{
    public string Name => name;

    public LoadTable Table => table;

    /// <summary>The key's first part; each has its share of the rows. New ones in every round.</summary>
    protected IReadOnlyList<Guid> Connections { get; private set; } = [];

    protected virtual int ConnectionCount => 1;

    /// <summary>Of the contestant's own processes, without the server and without this one.</summary>
    protected virtual TimeSpan ProcessorTime => TimeSpan.Zero;

    public virtual bool Takes(LoadKind kind) => true;

    /// <summary>Does everything up to the bytes or statements, so that making rows isn't measured.</summary>
    /// <returns>What is measured.</returns>
    protected abstract Task<Func<Task>> PrepareAsync(Load load);

    /// <exception cref="InvalidOperationException">The table has other rows than were loaded.</exception>
    public async Task<LoadSample> RunAsync(Load load)
    {
        if (load.Kind == LoadKind.New)
        {
            Connections = [.. Enumerable.Range(0, ConnectionCount).Select(_ => Guid.CreateVersion7())];
            await table.ClearAsync();
        }

        var run = await PrepareAsync(load);
        await table.SettleAsync(vacuum: load.Kind is LoadKind.Same or LoadKind.Mixed);
        var (own, server) = (ProcessorTime, table.ServerProcessorTime);
        var start = Stopwatch.GetTimestamp();
        await run();
        var took = Stopwatch.GetElapsedTime(start);
        server = table.ServerProcessorTime - server;
        var wal = await table.WalBytesAsync();
        await table.CheckAsync(name, load, Connections);
        // After the check: a connector's time is known once it has ended, which some hosts do behind their answer.
        return new(load.Rows / took.TotalSeconds, (double)wal / load.Rows, (ProcessorTime - own + server).TotalMicroseconds / load.Rows);
    }

    /// <returns>The rows of the share that the connection at this place has.</returns>
    protected IEnumerable<Row> RowsOf(Load load, int connection)
    {
        var share = load.Rows / ConnectionCount;
        for (var number = connection * share; number < (connection + 1) * share; number++)
            yield return Row.Make(number, load.RevisionOf(number));
    }
}

/// <param name="WalPerRow">Bytes, of the statements on the table.</param>
/// <param name="ProcessorPerRow">Microseconds, of the contestant's own processes and the server's.</param>
internal sealed record LoadSample(double RowsPerSecond, double WalPerRow, double ProcessorPerRow)
{
    public static Series ToRates(string contestant, IReadOnlyList<LoadSample> samples) =>
        new(contestant, [.. samples.Select(sample => sample.RowsPerSecond)], [.. samples.Select(sample => sample.ProcessorPerRow)]);
}
