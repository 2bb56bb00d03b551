using System.Collections.Concurrent;
using System.Globalization;
using Platform.Servers;

namespace Platform.Ingest.Tests.Model;

/// <summary>
/// Random histories against the model. A failure says its seed; <c>MODEL_SEED=…</c> in the environment runs that one alone, <c>MODEL_HISTORIES=…</c>
/// another number than 500.
/// </summary>
public sealed class ModelTests(ServersFixture servers)
{
    private const int MaxObjectBytes = 3_000;
    private const int CutRows = 25;
    private const int Parallel = 12;

    [Fact]
    public async Task Tables_counts_and_events_agree_with_the_model_after_every_history()
    {
        var alone = Number("MODEL_SEED");
        var first = alone ?? Random.Shared.Next(1_000_000_000);
        var seeds = Enumerable.Range(first, alone is null ? Number("MODEL_HISTORIES") ?? 500 : 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"Seeds from {first}");
        var connectionString = servers.PostgresConnectionString("ingest");
        await using var one = await StartAsync(connectionString, 10_000);
        // Cuts what the first one writes at once, and is another process to it as far as writers go.
        await using var other = await StartAsync(connectionString, CutRows);
        await Snapshot.PrepareAsync(one.Database);
        Replica[] replicas =
            [new(one.Ingest, IngestHost.Headers, 10_000, MaxObjectBytes), new(other.Ingest, IngestHost.Headers, CutRows, MaxObjectBytes)];

        var failures = new ConcurrentQueue<string>();
        await System.Threading.Tasks.Parallel.ForEachAsync(seeds, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = TestContext.Current.CancellationToken }, async (seed, _) =>
        {
            if (failures.Count >= 3)
                return;
            using var history = new History(seed, one.Database, replicas);
            try
            {
                await history.RunAsync();
            }
            catch (Exception e)
            {
                failures.Enqueue($"MODEL_SEED={seed}: {e}\n{history.Transcript}");
            }
        });

        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
    }

    private static int? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? int.Parse(value, CultureInfo.InvariantCulture) : null;

    private static Task<IngestHost> StartAsync(string connectionString, int batchRows) => IngestHost.StartAsync(connectionString, settings:
    [
        ("Load:BatchDelay", "00:00:00.005"), ("Load:BatchRows", $"{batchRows}"), ("Load:MaxObjectBytes", $"{MaxObjectBytes}"), ("Logging:LogLevel:Default", "Error"),
    ]);
}
