using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Runs;

namespace Platform.Benchmarks.Edge;

/// <summary>
/// Thousands of clients that listen to events and hear nothing, and then all hear the same ones: what they cost the gateway in memory, and whether each gets each event,
/// in order and once.
/// </summary>
internal static class IdleStreams
{
    // Connections are made for this alone, so these are all events of their kind.
    private const string Events = "/v1/events?type=connection.*", Connector = "files-go";
    private const int AtOnce = 64, OtherFiles = 1_000, PageLimit = 1_000;
    private const double MemoryLimit = 400;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync(EdgePlan plan, string folder, Results results)
    {
        Progress.Say("starting a platform for the streams");
        await using var platform = await PlatformProcess.StartAsync(folder, EdgePlan.Limits);
        RequireFiles("this program", "self", plan.Streams);
        RequireFiles("the gateway", platform.Gateway.ToString(CultureInfo.InvariantCulture), plan.Streams);
        var source = Directory.CreateDirectory(Path.Combine(folder, Connector)).FullName;
        File.Copy(Programs.Go(Connector)[0], Path.Combine(source, Connector));
        await platform.InstallAsync(Connector, source, $"./{Connector}");
        var before = platform.GatewayMemory / 1e6;

        Progress.Say($"opening {plan.Streams} streams");
        var (errors, ended) = (new ConcurrentQueue<string>(), new CancellationTokenSource());
        using var ending = ended;
        using var http = EventListener.Client(platform.Url, platform.Token);
        var (listeners, listening) = (new ConcurrentBag<EventListener>(), new ConcurrentBag<Task>());
        var begun = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, plan.Streams), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, cancel) =>
        {
            try
            {
                var listener = await EventListener.OpenAsync(http, Events, cancel);
                listeners.Add(listener);
                listening.Add(ListenAsync(listener, errors, ended.Token));
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                errors.Enqueue(e.Message);
            }
        });
        var opened = Stopwatch.GetElapsedTime(begun).TotalSeconds;

        Progress.Say($"{plan.IdleSeconds} s of silence");
        var idle = new List<double>();
        for (var second = 0; second < plan.IdleSeconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            idle.Add(platform.GatewayMemory / 1e6);
        }

        Progress.Say($"{plan.Changes} events");
        var last = await ChangeAsync(platform, plan.Changes, folder);
        var expected = await KeptAsync(platform, plan.Changes);
        for (var waited = Stopwatch.GetTimestamp(); listeners.Any(l => l.Count < expected.Count) && Stopwatch.GetElapsedTime(waited) < Limit;)
            await Task.Delay(Pause);
        var peak = platform.GatewayPeakMemory / 1e6;
        // What came before the end is all that counts.
        var heard = listeners.Select(l => l.Ids).ToList();
        var until = listeners.Select(l => l.Last).DefaultIfEmpty().Max();
        await ended.CancelAsync();
        await Task.WhenAll(listening);
        foreach (var listener in listeners)
            listener.Dispose();

        // A stream that could not be opened has lost all of them.
        var lost = heard.Sum(ids => expected.Except(ids).Count()) + ((plan.Streams - heard.Count) * expected.Count);
        foreach (var ids in heard.Where(ids => !ids.SequenceEqual(expected.Intersect(ids))))
            errors.Enqueue($"A stream had the events {string.Join(' ', ids)}; kept are {string.Join(' ', expected)}.");
        if (errors.TryPeek(out var first))
            Progress.Say($"an error: {first}");

        var streams = string.Create(CultureInfo.InvariantCulture, $"{plan.Streams:#,0} streams");
        results.Measures.AddRange(
        [
            new("memory of the gateway", "MB", null, [new("without streams", [before]), new($"{streams}, idle", idle), new($"{streams}, the most ever", [peak])]),
            new("opening the streams", "per s", null, [new(streams, [plan.Streams / opened])]),
            new("last event, from the request to the last stream", "s", null, [new(streams, [Math.Max(0, Stopwatch.GetElapsedTime(last, until).TotalSeconds)])]),
        ]);
        results.Goals.AddRange(
        [
            new($"gateway-memory with {plan.Streams} idle streams (MB)", idle.Max(), MemoryLimit, AtLeast: false),
            new($"lost-events of {plan.Streams * expected.Count}", lost, 0, AtLeast: false),
            new("stream-errors", errors.Count, 0, AtLeast: false),
        ]);
    }

    private static async Task ListenAsync(EventListener listener, ConcurrentQueue<string> errors, CancellationToken ended)
    {
        try
        {
            await listener.ListenAsync(ended);
            errors.Enqueue("The gateway has ended a stream.");
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
        }
        catch (Exception e) when (e is HttpRequestException or IOException or FormatException)
        {
            errors.Enqueue(e.Message);
        }
    }

    /// <summary>Connections are created, and deleted again.</summary>
    /// <returns>When the last one was asked for.</returns>
    private static async Task<long> ChangeAsync(PlatformProcess platform, int changes, string folder)
    {
        var last = 0L;
        for (var change = 0; change < changes; change++)
        {
            last = Stopwatch.GetTimestamp();
            var name = $"heard-{change / 2}";
            await (change % 2 == 0 ? platform.ConnectAsync(name, Connector, JsonSerializer.Serialize(new { root = folder })) : platform.DisconnectAsync(name));
        }

        return last;
    }

    /// <returns>The ids of the events as the gateway keeps them, once all are there.</returns>
    private static async Task<List<long>> KeptAsync(PlatformProcess platform, int count)
    {
        List<long> ids = [];
        for (var waited = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(waited) < Limit; await Task.Delay(Pause))
        {
            var page = await platform.GetAsync($"{Events}&from=beginning&limit={PageLimit}");
            ids = [.. page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetInt64())];
            if (ids.Count >= count)
                break;
        }

        return ids.Count == count ? ids : throw new InvalidOperationException($"{count} connections were created or deleted, and the gateway keeps {ids.Count} events of it.");
    }

    // .NET raises the soft limit to the hard one, which is that of whoever started this.
    private static void RequireFiles(string name, string process, int streams)
    {
        var line = File.ReadLines($"/proc/{process}/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var limit = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
        if (long.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var files) && files < streams + OtherFiles)
            throw new InvalidOperationException($"{streams} streams are more than {name} can have: it may open {files} files.\n  to do: raise the hard limit to {streams + OtherFiles} (ulimit -Hn; for services LimitNOFILE=), and start this again");
    }
}
