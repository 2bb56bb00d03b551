using System.Diagnostics;
using System.Security.Cryptography;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Benchmarks.Report;
using Platform.Runner.Bundles;

namespace Platform.Benchmarks.Installs;

/// <summary>What a start spends on an unpacked bundle until it may run from it: the Runner's cache, its lock and its check; beside it, reading it all.</summary>
internal static class CheckTimes
{
    private const string Ours = "ours", Again = "ours again (A/A)", ReadAll = "sha256 of every file";
    private const double LimitMilliseconds = 10;

    public static async Task RunAsync(InstallPlan plan, string folder, Results results)
    {
        // Never asked: the bundle is there.
        using var channel = GrpcChannel.ForAddress("http://127.0.0.1:1");
        var folders = new BundleFolders(
            Options.Create(new DataSettings { Directory = folder }), Options.Create(new BundleSettings()), NullLogger<BundleFolders>.Instance);
        var cache = new BundleCache(new(channel), folders, NullLogger<BundleCache>.Instance);
        var digest = new string('0', 64);
        var (unpacked, use) = folders.Begin();
        using (use)
            plan.Checked.WriteTo(BundleTree.Files(unpacked));
        BundleTree.Record(unpacked);
        Directory.Move(unpacked, folders.Of(digest));

        Progress.Say("checking before a start");
        async Task CheckAsync() => (await cache.GetAsync(digest, CancellationToken.None)).Dispose();
        (string Name, Func<Task> Run)[] contestants = [(Ours, CheckAsync), (Again, CheckAsync), (ReadAll, () => HashAsync(BundleTree.Files(folders.Of(digest))))];
        var rounds = new Plan(plan.Name, TimeSpan.Zero, TimeSpan.Zero, plan.Rounds);
        var samples = await Rounds.RunAsync(rounds, contestants, contestant => contestant.Run(), contestant => TimeAsync(contestant.Run));

        var measure = new Measure($"check before a start, {plan.Checked}", "ms", null, [.. contestants.Zip(samples, (contestant, times) => new Series(contestant.Name, times))]);
        results.Measures.Add(measure);
        results.Goals.Add(new("check (ms)", measure.Median(Ours), LimitMilliseconds, AtLeast: false));
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        var begun = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static async Task HashAsync(string files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(files, "*", SearchOption.AllDirectories))
            hash.AppendData(await File.ReadAllBytesAsync(file));
    }
}
