using Npgsql;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests.Proof;

/// <summary>Two Runners under a load of runs; one of them is killed at a named point, or stands still and goes on. After each, and meanwhile, the invariants.</summary>
[Collection("runs")]
public sealed class RunnerProofTests(ServersFixture servers, GoConnectors connectors) : IAsyncLifetime
{
    private const int Connections = 6;
    private const int Pages = 25;
    private const int Objects = 4;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(60);

    // Of a sweep, on a busy machine.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    private readonly string data = Directory.CreateTempSubdirectory("runner-data-").FullName;
    private readonly string temporary = Directory.CreateTempSubdirectory("rt-").FullName;
    private readonly List<RunnerProcess> runners = [];
    private string database = null!;
    private Peers peers = null!;
    private IngestProcess ingest = null!;
    private RunInvariants invariants = null!;

    public async ValueTask InitializeAsync()
    {
        database = servers.PostgresConnectionString("runner");
        var objects = servers.PostgresConnectionString("ingest");
        peers = await Peers.StartAsync();
        ingest = await IngestProcess.StartAsync(objects, servers.RabbitMqUri);
        invariants = new(database, objects);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in runners)
            await runner.DisposeAsync();
        await invariants.DisposeAsync();
        await ingest.DisposeAsync();
        await peers.DisposeAsync();
        Directory.Delete(temporary, recursive: true);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public Task A_runner_that_is_killed_when_a_page_comes_leaves_its_runs_to_the_other() => KillAsync("page-received", 40, runs: 1);

    [Theory]
    [Trait("Category", "Matrix")]
    [InlineData("run-leased", 2)]
    [InlineData("connector-started", 3)]
    [InlineData("page-received", 100)]
    [InlineData("run-closing", 2)]
    [InlineData("run-decided", 1)]
    [InlineData("run-decided", 3)]
    [InlineData("run-finished", 2)]
    public Task A_runner_that_is_killed_at_a_named_point_leaves_its_runs_to_the_other(string point, int time) => KillAsync(point, time, runs: 2);

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task Runners_that_are_killed_one_while_it_drains_and_one_while_it_takes_over_leave_their_runs_to_the_third()
    {
        var first = await StartAsync("first", ("FaultPoints__attempt-failed", "kill:2"), ("Runner__DrainSeconds", "0"));
        var second = await StartAsync("second", ("FaultPoints__abandoned-leased", "kill"));
        await invariants.PrepareAsync();
        await StartRunsAsync(second, 2);
        await Wait.ForAsync("the first runner's runs", async () => await HeldAsync(first) >= 2, StepLimit);

        first.Signal("TERM");
        await first.WaitForExitAsync();
        await second.WaitForExitAsync();
        await StartAsync("third");

        await EndAsync(2);
    }

    [Fact]
    [Trait("Category", "Matrix")]
    public async Task A_runner_that_stood_still_for_longer_than_its_lease_writes_nothing_when_it_goes_on()
    {
        var first = await StartAsync("first");
        var second = await StartAsync("second");
        await invariants.PrepareAsync();
        await StartRunsAsync(second, 2);
        await Wait.ForAsync("the first runner's runs", async () => await HeldAsync(first) >= 2, StepLimit);

        first.Signal("STOP");
        await Wait.ForAsync("none of the first runner's runs", async () => await HeldAsync(first) == 0, EndLimit);
        first.Signal("CONT");

        await EndAsync(2);
        await Wait.ForAsync("the lost leases", () => first.Output.Contains("is lost", StringComparison.Ordinal), StepLimit);
        Assert.Empty(await invariants.StaleWritersAsync());
    }

    private async Task KillAsync(string point, int time, int runs)
    {
        var first = await StartAsync("first", ($"FaultPoints__{point}", $"kill:{time}"));
        var second = await StartAsync("second");
        await invariants.PrepareAsync();
        await StartRunsAsync(second, runs);
        await first.WaitForExitAsync();
        Assert.Contains($"Fault point {point}: kill", first.Output, StringComparison.Ordinal);

        await EndAsync(runs);
    }

    private async Task<RunnerProcess> StartAsync(string name, params (string, string)[] settings)
    {
        var own = new NpgsqlConnectionStringBuilder(database) { ApplicationName = name }.ConnectionString;
        var runner = await RunnerProcess.StartAsync(peers, own, servers.RabbitMqUri, data, temporary,
            [("services__ingest__grpc__0", ingest.Address), ("Runner__MaxAttempts", "4"), ("Runner__RetryFirstSeconds", "0.5"), ("Runner__ConcurrentRuns", "3"), .. settings]);
        runners.Add(runner);
        return runner;
    }

    /// <param name="runs">Of each connection, 1 or 2: one active and one behind it.</param>
    private async Task StartRunsAsync(RunnerProcess runner, int runs)
    {
        var digest = peers.Bundles.Add(connectors.Crash);
        for (var i = 0; i < Connections; i++)
            peers.Registry.Add($"c{i}", digest, "./crash-go", $$"""{"mode": "ok", "pages": {{Pages}}, "objects": {{Objects}}}""");
        HashSet<string> ids = [];
        for (var i = 0; i < Connections; i++)
        {
            // The second of a connection comes once the first is active.
            await Wait.ForAsync("all runs", async () => ids.Add((await runner.StartRunAsync($"c{i}")).GetProperty("id").GetString()!) && ids.Count % runs == 0, StepLimit);
        }

        Assert.Equal(Connections * runs, ids.Count);
    }

    private async Task<long> HeldAsync(RunnerProcess runner)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand($"select count(*) from runs where state = 'running' and next_attempt_at is null and lease_owner like '%:{runner.Id}'");
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private async Task EndAsync(int runs)
    {
        await Wait.ForAsync("the end of all runs", async () =>
        {
            Assert.Empty(await invariants.ForsakenAsync(Grace, hasRoom: false));
            Assert.Empty(await invariants.CrowdedAsync());
            return await invariants.OpenAsync() == 0;
        }, EndLimit);
        Assert.Empty(await invariants.ForsakenAsync(TimeSpan.Zero, hasRoom: true));
        Assert.Empty(await invariants.StaleWritersAsync());
        var end = Assert.Single(await invariants.EndsAsync());
        Assert.Equal(("succeeded", null, (long)Connections * runs), (end.State, end.Code, end.Count));
        Assert.Equal(Enumerable.Repeat((long)Pages * Objects, Connections), await invariants.ObjectsAsync());
        // While a Runner lives: it removes what one leaves that was killed while it started a connector.
        await Wait.ForAsync("no process of a connector", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, StepLimit);
    }
}
