using System.Net.Http.Json;
using System.Text.Json;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Runs whose attempt fails for a reason that may pass.</summary>
public sealed class RunAttemptTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private const string Short = "Runner__RetryFirstSeconds";

    [Fact]
    public async Task A_transient_failure_is_followed_by_another_attempt_under_a_new_fence_and_the_run_succeeds()
    {
        await RestartAsync((Short, "0.2"));
        var refusals = 1;
        peers.Ingest.OnPage = _ =>
        {
            if (Interlocked.Decrement(ref refusals) >= 0)
                throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        };

        var run = await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok", "pages": 2, "objects": 10}"""), RunTimeout, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(2, run.GetProperty("attempt").GetInt32());
        Assert.Equal(3, run.GetProperty("max_attempts").GetInt32());
        Assert.Equal(JsonValueKind.Null, run.GetProperty("next_attempt_at").ValueKind);
        Assert.Equal("ingest_unavailable", run.GetProperty("last_error").GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Null, run.GetProperty("error").ValueKind);
        var opens = peers.Ingest.Opens.ToList();
        Assert.Equal(2, opens.Count);
        Assert.True(opens[0].Run.Fence < opens[1].Run.Fence);
        Assert.Equal(Outcome.Succeeded, Assert.Single(peers.Ingest.Closes).Outcome);
    }

    [Fact]
    public async Task After_its_last_attempt_a_run_fails_with_what_it_failed_with()
    {
        await RestartAsync((Short, "0.1"));
        peers.Ingest.OnPage = _ => throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "ok"}""");
        peers.Registry.Connections["c"].Policy = new() { MaxAttempts = 2 };

        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");

        Assert.Equal("ingest_unavailable", run.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(2, run.GetProperty("attempt").GetInt32());
        Assert.Equal(2, peers.Ingest.Opens.Count);
        Assert.Equal("ingest_unavailable", Assert.Single(peers.Ingest.Closes).Error.Code);
    }

    [Fact]
    public async Task What_a_connector_does_wrong_by_itself_is_not_tried_again()
    {
        await RestartAsync((Short, "0.1"));

        var run = await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "crash-mid-page"}"""), RunTimeout, "succeeded", "failed");

        Assert.Equal("connector_exited", run.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(1, run.GetProperty("attempt").GetInt32());
    }

    [Fact]
    public async Task While_a_run_waits_for_its_next_attempt_it_shows_why_its_slot_is_free_its_connection_is_not_and_a_cancel_ends_it_at_once()
    {
        await RestartAsync((Short, "600"), ("Runner__RetryLongestSeconds", "600"), ("Runner__ConcurrentRuns", "1"));
        peers.Ingest.OnPage = page =>
        {
            if (peers.Ingest.Opens.Count == 1)
                throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        };
        var id = await StartRunAsync("""{"mode": "ok"}""");
        JsonElement run = default;
        await Wait.ForAsync("the wait for the next attempt", async () => (run = await runner.RunAsync(id)).GetProperty("next_attempt_at").ValueKind == JsonValueKind.String, RunTimeout);
        Assert.Equal("running", run.GetProperty("state").GetString());
        Assert.Equal("ingest_unavailable", run.GetProperty("last_error").GetProperty("code").GetString());
        Assert.Equal("Nothing to do: the run is tried again by itself.", run.GetProperty("last_error").GetProperty("remedy").GetString());

        using var limited = await runner.Client.PutAsJsonAsync("/v1/runs/limits", new { global = 1 }, TestContext.Current.CancellationToken);
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}""", "other"), RunTimeout, "succeeded");
        var behind = Id(await runner.StartRunAsync("c"));
        Assert.NotEqual(id, behind);
        Assert.Equal("slot", (await runner.RunAsync(behind)).GetProperty("waiting_for").GetString());
        await CancelAsync(id);

        Assert.Equal(Outcome.Cancelled, peers.Ingest.Outcomes[id].Outcome);
        await runner.WaitForStateAsync(behind, RunTimeout, "succeeded");
    }

    [Fact]
    public async Task A_stopped_runner_hands_its_runs_to_another_at_once()
    {
        await RestartAsync((Short, "600"), ("Runner__RetryLongestSeconds", "600"), ("Runner__DrainSeconds", "0.5"));
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);
        await using var other = await StartAsync(("Runner__MaxAttempts", "3"));
        peers.Registry.Connections["c"].Options = Google.Protobuf.ByteString.CopyFromUtf8("""{"mode": "ok"}""");

        runner.Signal("TERM");
        await runner.WaitForExitAsync();
        var run = await other.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal("runner_stopping", run.GetProperty("last_error").GetProperty("code").GetString());
        // Nothing failed: it is the first attempt still.
        Assert.Equal(1, run.GetProperty("attempt").GetInt32());
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
    }

    private async Task RestartAsync(params (string, string)[] settings)
    {
        await runner.DisposeAsync();
        runner = await StartAsync([("Runner__MaxAttempts", "3"), .. settings]);
    }
}
