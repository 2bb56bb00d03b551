using Platform.Benchmarks.Report;

namespace Platform.Benchmarks.Calls;

/// <summary>Unary calls and streamed messages per second over a unix socket, beside grpc-go.</summary>
internal static class CallRates
{
    public const int Bytes = 300;
    private const string Ours = "ours", Again = "ours again (A/A)", Peer = "grpc-go";

    private static readonly (string Measure, string Goal, string Unit, CallWork Work)[] Works =
    [
        ("unary, one at a time", "unary-sequential", "calls/s", new(false, 1, Bytes)),
        ("unary, 64 at a time", "unary-64", "calls/s", new(false, 64, Bytes)),
        ("server streaming", "server-streaming", "messages/s", new(true, 1, Bytes)),
    ];

    public static async Task RunAsync(Plan plan, string folder, Results results)
    {
        await using var pairs = new Disposables<CallPair>();
        foreach (var (name, ourClient, ourServer) in ((string, bool, bool)[])
            [(Ours, true, true), (Again, true, true), (Peer, false, false), ("our client, Go server", true, false), ("Go client, our server", false, true)])
            pairs.Add(await CallPair.StartAsync(name, folder, ourClient, ourServer));

        foreach (var (name, goal, unit, work) in Works)
        {
            Progress.Say(name);
            var samples = await Rounds.RunAsync(plan, pairs.Items, pair => pair.RunAsync(work, plan.WarmUp), async pair => (await pair.RunAsync(work, plan.Round)).Sample);
            var measure = new Measure(name, unit, Peer, [.. pairs.Items.Zip(samples, (pair, rounds) => Sample.ToSeries(pair.Name, rounds))]);
            results.Measures.Add(measure);
            results.Goals.Add(new($"{goal} (× grpc-go)", measure.Ratio(Ours, Peer), 1, AtLeast: true));
        }
    }
}
