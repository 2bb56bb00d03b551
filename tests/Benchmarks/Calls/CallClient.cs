using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks.Calls;

/// <summary>Our contestant's client: one channel with one connection, as the Runner has one to each connector.</summary>
internal static class CallClient
{
    public static async Task RunAsync(string socket)
    {
        using var channel = Connect(socket);
        var client = new Bench.BenchClient(channel);
        await Obedience.ObeyAsync(line =>
        {
            if (line.Split(' ') is not [var verb, var parallel, var size, var milliseconds])
                throw new ArgumentException($"not a command of the client: {line}");
            Func<Bench.BenchClient, int, long, Task<long>> work = verb switch
            {
                "unary" => UnaryAsync,
                "stream" => StreamAsync,
                _ => throw new ArgumentException($"not a command of the client: {line}"),
            };
            return MeasureAsync(Number(parallel), TimeSpan.FromMilliseconds(Number(milliseconds)), end => work(client, Number(size), end));
        });
    }

    /// <returns>The number of calls or messages, the nanoseconds that they took and the bytes allocated meanwhile.</returns>
    private static async Task<string> MeasureAsync(int parallel, TimeSpan length, Func<long, Task<long>> work)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        var end = start + (long)(length.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(() => work(end))));
        var took = Stopwatch.GetElapsedTime(start);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        return string.Create(CultureInfo.InvariantCulture, $"{counts.Sum()} {took.TotalNanoseconds:0} {allocated}");
    }

    private static async Task<long> UnaryAsync(Bench.BenchClient client, int size, long end)
    {
        var request = Messages.OfSize(size);
        var count = 0;
        for (; Stopwatch.GetTimestamp() < end; count++)
            Messages.Check(await client.EchoAsync(request), size);
        return count;
    }

    private static async Task<long> StreamAsync(Bench.BenchClient client, int size, long end)
    {
        var request = new StreamRequest { Count = Messages.PerStream(size), Size = size };
        var count = 0L;
        while (Stopwatch.GetTimestamp() < end)
        {
            using var call = client.Stream(request);
            for (; await call.ResponseStream.MoveNext(CancellationToken.None); count++)
                Messages.Check(call.ResponseStream.Current, size);
        }

        return count;
    }

    private static GrpcChannel Connect(string path) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
    });

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
