using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Runs whose Runner or whose Ingest goes away.</summary>
public sealed class RunFaultTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    // The pings of ServiceDefaults take twenty seconds to find a dead connection.
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(80);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_run_of_a_killed_runner_is_ended_by_another_or_tried_again_and_leaves_no_process_and_no_folder(int attempts)
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);

        runner.Signal("KILL");
        await runner.WaitForExitAsync();
        await Wait.ForAsync("the connector is gone", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
        peers.Registry.Connections["c"].Options = Google.Protobuf.ByteString.CopyFromUtf8("""{"mode": "ok"}""");
        // Instead of waiting for the lease to run out. What was said of its attempts dies with the Runner.
        await ExecuteAsync($"update runs set lease_until = now() - interval '1 second', max_attempts = {attempts}");
        runner = await StartAsync(("Runner__MaxAttempts", $"{attempts}"), ("Runner__RetryFirstSeconds", "0.1"));
        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        Assert.Equal((attempts == 1 ? "failed" : "succeeded", attempts), (run.GetProperty("state").GetString(), run.GetProperty("attempt").GetInt32()));
        Assert.Equal("runner_lost", run.GetProperty(attempts == 1 ? "error" : "last_error").GetProperty("code").GetString());
        var close = Assert.Single(peers.Ingest.Closes);
        Assert.True(close.Run.Fence > 1);
        Assert.DoesNotContain(Directory.EnumerateDirectories(temporary), folder => Directory.EnumerateFileSystemEntries(folder).Any());
        using var asked = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{id}/log") { Headers = { { "Accept", "application/json" } } };
        using var log = await runner.Client.SendAsync(asked, TestContext.Current.CancellationToken);
        var lines = (await log.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("items").EnumerateArray();
        Assert.Contains("Attempt 1 has ended: The runner that ran this connector is gone. (runner_lost)", lines.Select(line => line.GetProperty("text").GetString()));
    }

    [Fact]
    public async Task A_lease_is_renewed_and_whoever_loses_it_ends_the_connector_and_writes_nothing()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);
        await using var rows = new NpgsqlConnection(database);
        var lease = await LeaseAsync();
        await Wait.ForAsync("a renewal", async () => await LeaseAsync() > lease, RunTimeout);

        // As another Runner does that takes the run over.
        await rows.ExecuteAsync("update runs set fence = nextval('fences'), lease_until = now() + interval '1 hour'");

        await Wait.ForAsync("the connector is gone", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, RunTimeout);
        await Wait.ForAsync("it knows", () => runner.Output.Contains("is lost", StringComparison.Ordinal), RunTimeout);
        Assert.Equal("running", (await runner.RunAsync(id)).GetProperty("state").GetString());
        Assert.Empty(peers.Ingest.Closes);

        Task<DateTime> LeaseAsync() => rows.ExecuteScalarAsync<DateTime>("select lease_until from runs");
    }

    [Fact]
    public async Task A_decision_that_comes_after_the_lease_was_lost_is_left_to_its_new_holder()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Runner__ConcurrentRuns", "1"));
        peers.Ingest.OnClose = close =>
        {
            using var rows = new NpgsqlConnection(database);
            rows.Execute("update runs set fence = nextval('fences'), lease_until = now() + interval '1 hour' where connection = 'c'");
        };
        var id = await StartRunAsync("""{"mode": "ok"}""");

        // The only slot is free again once it has ended.
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}""", "other"), RunTimeout, "succeeded");

        Assert.Equal("running", (await runner.RunAsync(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_outcome_that_its_runner_could_not_copy_is_adopted()
    {
        var decided = new TaskCompletionSource();
        peers.Ingest.OnClose = close =>
        {
            // Decided, but the answer never comes back.
            peers.Ingest.Outcomes[close.Run.RunId] = new() { Outcome = close.Outcome, Result = close.Result, Counts = new() { Received = 30, Inserted = 30 } };
            decided.TrySetResult();
            throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "reply lost"));
        };
        var id = await StartRunAsync("""{"mode": "ok"}""");
        await decided.Task.WaitAsync(RunTimeout, TestContext.Current.CancellationToken);

        await runner.DisposeAsync();
        await ExecuteAsync("update runs set lease_until = now() - interval '1 second'");
        runner = await StartAsync();
        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(30, run.GetProperty("counts").GetProperty("received").GetInt64());
    }

    [Theory, Trait("Category", "Matrix")]
    [InlineData("run-closing", "failed", "runner_lost")]
    [InlineData("run-decided", "succeeded", null)]
    public async Task A_runner_that_is_killed_at_the_decision_leaves_it_to_ingest_and_the_next_one(string point, string state, string? error)
    {
        await runner.DisposeAsync();
        runner = await StartAsync(($"FaultPoints__{point}", "kill"));
        var id = await StartRunAsync("""{"mode": "ok", "pages": 2, "objects": 10}""");
        await runner.WaitForExitAsync();
        var decided = peers.Ingest.Closes.Count;
        runner = await StartAsync();
        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        // Before the call nobody had decided, behind it nobody decides again.
        Assert.Equal(error is null ? 1 : 0, decided);
        Assert.Single(peers.Ingest.Closes);
        Assert.Equal(state, run.GetProperty("state").GetString());
        Assert.Equal(error, run.GetProperty("error") is { ValueKind: JsonValueKind.Object } fault ? fault.GetProperty("code").GetString() : null);
        Assert.Equal(20, run.GetProperty("counts").GetProperty("received").GetInt64());
    }

    [Fact]
    public async Task A_decision_waits_for_ingest_to_come_back()
    {
        var refusals = 3;
        peers.Ingest.OnClose = _ =>
        {
            if (Interlocked.Decrement(ref refusals) >= 0)
                throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "restarting"));
        };

        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}"""), RunTimeout, "succeeded");
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task An_ingest_that_is_gone_without_a_word_is_noticed_long_before_a_sweep_would_be_too_late()
    {
        using var wire = new CutWire(new(peers.Address));
        await runner.DisposeAsync();
        runner = await RunnerProcess.StartAsync(peers, database, Servers.RabbitMqUri, data, temporary, ("services__ingest__grpc__0", wire.Address));
        var asked = 0;
        peers.Ingest.OnClose = _ =>
        {
            if (Interlocked.Increment(ref asked) == 1)
                wire.Cut();
        };

        var run = await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}"""), PingLimit, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_stopped_runner_ends_its_runs_and_says_why()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);

        runner.Signal("TERM");
        await runner.WaitForExitAsync();

        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Assert.Equal("runner_stopping", Assert.Single(peers.Ingest.Closes).Error.Code);
        runner = await StartAsync();
        Assert.Equal("runner_stopping", (await runner.RunAsync(id)).GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task A_runner_that_stood_still_past_its_lease_writes_nothing_more()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);
        await using var other = await StartAsync();

        runner.Signal("STOP");
        var run = await other.WaitForStateAsync(id, RunTimeout, "failed");
        runner.Signal("CONT");
        await Wait.ForAsync("the connector is gone", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, RunTimeout);

        Assert.Equal("runner_lost", run.GetProperty("error").GetProperty("code").GetString());
        Assert.Single(peers.Ingest.Closes);
        Assert.Equal(run.ToString(), (await other.RunAsync(id)).ToString());
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var rows = new NpgsqlConnection(database);
        await rows.ExecuteAsync(sql);
    }
}
