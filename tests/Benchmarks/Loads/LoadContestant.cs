using System.Diagnostics;
using Npgsql;

namespace Platform.Benchmarks.Loads;

/// <summary>A way to bring rows into a table, and the table.</summary>
internal abstract class LoadContestant(string name, LoadTable table)
{
    public string Name => name;

    public LoadTable Table => table;

    /// <summary>The key's first part; each has its share of the rows. New ones in every round.</summary>
    protected IReadOnlyList<Guid> Connections { get; private set; } = [];

    protected virtual int ConnectionCount => 1;

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
        var start = Stopwatch.GetTimestamp();
        await run();
        var took = Stopwatch.GetElapsedTime(start);
        var wal = await table.WalBytesAsync();
        await table.CheckAsync(name, load, Connections);
        return new(load.Rows / took.TotalSeconds, (double)wal / load.Rows);
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
internal sealed record LoadSample(double RowsPerSecond, double WalPerRow);
