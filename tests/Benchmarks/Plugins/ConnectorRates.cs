using System.Globalization;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Plugins;

/// <summary>Objects per second from a Go connector through our host and through one made with go-plugin.</summary>
internal static class ConnectorRates
{
    private const string Ours = "ours", Again = "ours again (A/A)", Peer = "go-plugin";

    // A sync is many calls at once, and what is called once a sync takes .NET thirty of them to compile for good.
    private const int WarmUps = 4;

    // Objects of one sync: about a second's worth.
    private static readonly (int Page, int Objects, double? Limit)[] Works = [(1, 10_000, 1), (100, 200_000, null), (1000, 400_000, 1.5)];

    public static async Task RunAsync(Plan plan, Results results)
    {
        var generator = Programs.Go("generator")[0];
        await using var hosts = new Disposables<ConnectorHost>();
        foreach (var (name, command) in ((string, IReadOnlyList<string>)[])
            [(Ours, Programs.Ours("host", generator)), (Again, Programs.Ours("host", generator)), (Peer, Programs.Go("host", generator))])
            hosts.Add(new(name, await Contestant.StartAsync(command)));

        foreach (var (page, all, limit) in Works)
        {
            var name = $"connector, {page} a page";
            Progress.Say(name);
            var objects = Math.Max(3 * page, (int)(all * Math.Min(1, plan.Round.TotalSeconds)));
            var samples = await Rounds.RunAsync(plan, hosts.Items, host => host.WarmUpAsync(objects, page, WarmUps * plan.WarmUp), host => host.SyncAsync(objects, page));
            var measure = new Measure(name, "objects/s", Peer, [.. hosts.Items.Zip(samples, (host, rounds) => Sample.ToSeries(host.Name, rounds))]);
            results.Measures.Add(measure);
            if (limit is not null)
                results.Goals.Add(new($"connector-{page}-a-page (× go-plugin)", measure.Ratio(Ours, Peer), limit.Value, AtLeast: true));
        }
    }
}

internal sealed class ConnectorHost(string name, Contestant process) : IAsyncDisposable
{
    public string Name => name;

    public async Task WarmUpAsync(int objects, int page, TimeSpan length)
    {
        for (var end = DateTime.UtcNow + length; DateTime.UtcNow < end;)
            await SyncAsync(objects, page);
    }

    /// <returns>The objects from the first page to the last; the processor's time is that of the whole sync, the connector's included.</returns>
    public async Task<Sample> SyncAsync(int objects, int page)
    {
        var processor = process.ProcessorTime;
        var numbers = (await process.AskAsync($"{objects} {page}")).Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return numbers[0] == objects - page
            ? new(numbers[0], TimeSpan.FromMicroseconds(numbers[1] / 1000.0), process.ProcessorTime - processor)
            : throw new InvalidOperationException($"{name} counted {numbers[0]} objects after the first page of {page}, {objects} were sent.");
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
