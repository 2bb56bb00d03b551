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
            List<(string Contestant, int Size, PerCall Bytes)> all = [];
            foreach (var size in (int[])[Small, Middle, Large])
            {
                Progress.Say($"allocations, {name}, {size} bytes");
                foreach (var contestant in (CallPair[])[pair, peer])
                    all.Add((contestant.Name, size, await MeasureAsync(plan, contestant, new(streaming, 1, size))));
            }

            var unit = streaming ? "bytes per message" : "bytes per call";
            foreach (var (side, bytes, received) in ((string, Func<PerCall, double>, int)[])[("client", b => b.Client, clientReceives), ("server", b => b.Server, serverReceives)])
            {
                results.Measures.Add(new($"allocated by the {side}, {name}", unit, null, [.. all.Select(a => new Series($"{a.Contestant}, {a.Size:#,0} bytes", [bytes(a.Bytes)]))]));
                results.Goals.Add(Goal($"{name}-{side}", all.Where(a => a.Contestant == pair.Name).ToDictionary(a => a.Size, a => bytes(a.Bytes)), received));
            }
        }
    }

    // What grows with the message beyond the message itself, as a part of its length.
    private static Goal Goal(string who, Dictionary<int, double> bytes, int received) => new(
        $"allocation-{who} (growth beyond the message ÷ its length)", (bytes[Large] - bytes[Small]) / (Large - Small) - received, Tolerance, AtLeast: false);

    private static async Task<PerCall> MeasureAsync(Plan plan, CallPair pair, CallWork work)
    {
        await pair.RunAsync(work, plan.WarmUp);
        var (sample, client, server) = await pair.RunAsync(work, plan.Round);
        return new((double)client / sample.Count, (double)server / sample.Count);
    }

    private sealed record PerCall(double Client, double Server);
}
