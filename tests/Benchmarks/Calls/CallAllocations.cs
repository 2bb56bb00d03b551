using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Calls;

/// <summary>
/// Bytes that client and server allocate per call and per streamed message, at three sizes. A receiver has to make the message
/// itself, as long as its body; a sender sends the same one again and again and has to make nothing.
/// </summary>
internal static class CallAllocations
{
    private const int Small = 100, Middle = 10_000, Large = 1_000_000;

    // Of the message's own length: buffers are pooled, but a collection may throw some away.
    private const double Tolerance = 0.05;

    private static readonly (string Name, bool Streaming, int ClientReceives, int ServerReceives)[] Shapes = [("unary", false, 1, 1), ("server-streaming", true, 1, 0)];

    public static async Task RunAsync(Plan plan, string folder, Results results)
    {
        await using var pair = await CallPair.StartAsync("ours", folder, ourClient: true, ourServer: true);
        await using var peer = await CallPair.StartAsync("grpc-go", folder, ourClient: false, ourServer: false);
        foreach (var (name, streaming, clientReceives, serverReceives) in Shapes)
        {
            Dictionary<int, PerCall> ours = [];
            foreach (var size in (int[])[Small, Middle, Large])
            {
                Progress.Say($"allocations, {name}, {size} bytes");
                var work = new CallWork(streaming, 1, size);
                var unit = streaming ? "bytes per message" : "bytes per call";
                ours[size] = await MeasureAsync(plan, pair, work);
                var theirs = await MeasureAsync(plan, peer, work);
                results.Measures.Add(new($"allocated by the client, {name}, {size:#,0} bytes", unit, null, [new("ours", [ours[size].Client]), new("grpc-go", [theirs.Client])]));
                results.Measures.Add(new($"allocated by the server, {name}, {size:#,0} bytes", unit, null, [new("ours", [ours[size].Server]), new("grpc-go", [theirs.Server])]));
            }

            results.Goals.Add(Goal($"{name} client", ours, bytes => bytes.Client, clientReceives));
            results.Goals.Add(Goal($"{name} server", ours, bytes => bytes.Server, serverReceives));
        }
    }

    // What grows with the message beyond the message itself, as a part of its length.
    private static Goal Goal(string who, Dictionary<int, PerCall> ours, Func<PerCall, double> bytes, int received) => new(
        $"allocation-{who.Replace(' ', '-')} (growth beyond the message ÷ its length)",
        (bytes(ours[Large]) - bytes(ours[Small])) / (Large - Small) - received, Tolerance, AtLeast: false);

    private static async Task<PerCall> MeasureAsync(Plan plan, CallPair pair, CallWork work)
    {
        await pair.RunAsync(work, plan.WarmUp);
        var (sample, client, server) = await pair.RunAsync(work, plan.Round);
        return new((double)client / sample.Count, (double)server / sample.Count);
    }

    private sealed record PerCall(double Client, double Server);
}
