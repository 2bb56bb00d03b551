using System.Globalization;
using Platform.Benchmarks.Processes;
using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Calls;

/// <summary>A client process and a server process on a unix socket.</summary>
internal sealed class CallPair(string name, Contestant server, Contestant client) : IAsyncDisposable
{
    public string Name => name;

    public static async Task<CallPair> StartAsync(string name, string folder, bool ourClient, bool ourServer)
    {
        var socket = Path.Combine(folder, Guid.NewGuid().ToString("N")[..8]);
        var server = await Contestant.StartAsync(ourServer ? Programs.Ours("serve", socket) : Programs.Go("peer", "serve", socket));
        try
        {
            return new(name, server, await Contestant.StartAsync(ourClient ? Programs.Ours("call", socket) : Programs.Go("peer", "call", socket)));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task<CallCount> RunAsync(CallWork work, TimeSpan length)
    {
        var before = await ServerAllocatedAsync();
        var processor = client.ProcessorTime + server.ProcessorTime;
        var answer = await client.AskAsync(string.Create(CultureInfo.InvariantCulture,
            $"{(work.Streaming ? "stream" : "unary")} {work.Parallel} {work.Bytes} {length.TotalMilliseconds:0}"));
        processor = client.ProcessorTime + server.ProcessorTime - processor;
        var numbers = answer.Split(' ').Select(Number).ToArray();
        return new(new(numbers[0], TimeSpan.FromMicroseconds(numbers[1] / 1000.0), processor), numbers[2], await ServerAllocatedAsync() - before);
    }

    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    private async Task<long> ServerAllocatedAsync() => Number(await server.AskAsync("allocated"));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

/// <param name="Parallel">Calls, or streams, at a time.</param>
/// <param name="Bytes">Of each message's body.</param>
internal sealed record CallWork(bool Streaming, int Parallel, int Bytes);

/// <param name="Sample">Counts unary calls, or messages of streams.</param>
/// <param name="ClientBytes">Allocated by the client's process.</param>
internal sealed record CallCount(Sample Sample, long ClientBytes, long ServerBytes);
