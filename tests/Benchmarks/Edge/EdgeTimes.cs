using System.Security.Cryptography;
using Platform.Benchmarks.Report;
using Platform.Benchmarks.Runs;
using Platform.ServiceDefaults;

namespace Platform.Benchmarks.Edge;

/// <summary>
/// What the gateway adds to a small request: <c>GET /v1/connectors</c> of a registry without connectors, one indexed query of PostgreSQL and some thirty bytes of answer,
/// so that little hides the way there. Beside the service asked directly, and nginx before it, which checks no token.
/// </summary>
internal static class EdgeTimes
{
    private const string Path = "/v1/connectors", Gateway = "gateway", Again = "gateway again (A/A)", Direct = "service directly", Proxy = "nginx";
    private const double OverheadLimit = 0.5, ThroughputLimit = 0.6;
    private static readonly int[] Connections = [1, 16, 128];

    public static async Task RunAsync(EdgePlan plan, string folder, Results results)
    {
        var secret = RandomNumberGenerator.GetHexString(40, lowercase: true);
        Progress.Say("starting the platform");
        await using var platform = await PlatformProcess.StartAsync(folder, [("Parameters__internal-secret", secret), .. EdgePlan.Limits]);
        var service = new Uri(PlatformProcess.ServiceAddress("registry", secret));
        await using var nginx = await Nginx.StartAsync(folder, service, InternalSecret.Header, secret);
        var token = $"Bearer {platform.Token}";
        Wrk[] contestants =
        [
            Wrk.To(Gateway, platform.Url + Path, folder, "Authorization", token), Wrk.To(Again, platform.Url + Path, folder, "Authorization", token),
            Wrk.To(Direct, service.GetLeftPart(UriPartial.Authority) + Path, folder, (InternalSecret.Header, secret), (Scopes.Header, Scopes.Admin)),
            Wrk.To(Proxy, nginx.Url + Path, folder, "X-Benchmark", "nginx"),
        ];
        double worst = double.MaxValue;
        foreach (var connections in Connections)
        {
            Progress.Say($"{connections} {(connections == 1 ? "connection" : "connections")}");
            var samples = await Rounds.RunAsync(
                new Plan(plan.Name, TimeSpan.Zero, TimeSpan.FromSeconds(plan.Seconds), plan.Rounds), contestants,
                contestant => contestant.RunAsync(connections, plan.WarmUpSeconds), contestant => contestant.RunAsync(connections, plan.Seconds));
            var latency = Add(results, $"latency, {connections} connections", "ms", Direct, samples.Select(s => s.Select(sample => sample.MedianMilliseconds)));
            var rate = Add(results, $"throughput, {connections} connections", "requests/s", Proxy, samples.Select(s => s.Select(sample => sample.PerSecond)));
            if (connections == 1) results.Goals.Add(new("edge overhead at 1 connection (ms)", latency.Median(Gateway) - latency.Median(Direct), OverheadLimit, AtLeast: false));
            else worst = Math.Min(worst, rate.Ratio(Gateway, Proxy));
        }

        results.Goals.Add(new("edge throughput (× nginx, the worst of 16 and 128 connections)", worst, ThroughputLimit, AtLeast: true));

        Measure Add(Results to, string name, string unit, string peer, IEnumerable<IEnumerable<double>> samples)
        {
            var measure = new Measure(name, unit, peer, [.. contestants.Zip(samples, (contestant, s) => new Series(contestant.Name, [.. s]))]);
            to.Measures.Add(measure);
            return measure;
        }
    }
}
