using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>What a connection says of sweeps on its way to Ingest, and warnings on their way back.</summary>
public sealed class RunSweepTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    [Theory]
    [InlineData("ok", false)]
    [InlineData("no-clean", true)]
    public async Task What_the_connection_says_reaches_ingest(string mode, bool fullListing)
    {
        peers.Registry.Add("set", peers.Bundles.Add(Connectors.Crash), "./crash-go", $$"""{"mode": "{{mode}}"}""");
        var specification = peers.Registry.Connections["set"];
        (specification.FullListing, specification.MaxDeleteFraction, specification.ChangedEvents) = (fullListing, 0.25, true);

        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("set")), RunTimeout, "succeeded", "failed");

        var open = Assert.Single(peers.Ingest.Opens);
        Assert.Equal((true, true), (open.StartOver, open.NotifyChanges));
        var close = Assert.Single(peers.Ingest.Closes);
        Assert.Equal((true, true, 0.25), (close.NotifyChanges, close.HasMaxDeleteFraction, close.MaxDeleteFraction));
        Assert.Equal([""], close.CompleteStreams);
        Assert.True(run.GetProperty("full_listing").GetBoolean());
    }

    [Fact]
    public async Task Without_settings_and_without_clean_nothing_is_complete()
    {
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "no-clean"}"""), RunTimeout, "succeeded");

        var close = Assert.Single(peers.Ingest.Closes);
        Assert.Empty(close.CompleteStreams);
        Assert.Equal((false, false), (close.HasMaxDeleteFraction, close.NotifyChanges));
        Assert.False(Assert.Single(peers.Ingest.Opens).NotifyChanges);
    }

    [Fact]
    public async Task A_failed_run_of_a_full_listing_declares_nothing_complete()
    {
        peers.Registry.Add("set", peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "error"}""");
        peers.Registry.Connections["set"].FullListing = true;

        await runner.WaitForStateAsync(Id(await runner.StartRunAsync("set")), RunTimeout, "failed");

        Assert.Empty(Assert.Single(peers.Ingest.Closes).CompleteStreams);
    }

    [Fact]
    public async Task A_run_with_a_warning_succeeds_shows_it_and_is_swept_on_request()
    {
        peers.Ingest.Warnings.Enqueue(new() { Code = "delete_guard", Message = "120 of 200 objects would go.", Remedy = "Look, then sweep.", Stream = "" });
        var id = await StartRunAsync("""{"mode": "ok"}""");
        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");
        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var warning = Assert.Single(run.GetProperty("warnings").EnumerateArray());
        Assert.Equal(("delete_guard", "120 of 200 objects would go.", "Look, then sweep.", ""), (
            warning.GetProperty("code").GetString(), warning.GetProperty("message").GetString(), warning.GetProperty("remedy").GetString(), warning.GetProperty("stream").GetString()));

        var swept = await SweepAsync(id, HttpStatusCode.OK);
        var again = await SweepAsync(id, HttpStatusCode.OK);

        Assert.Empty(swept.GetProperty("warnings").EnumerateArray());
        Assert.Equal(IngestPeer.HeldBack, swept.GetProperty("counts").GetProperty("swept").GetInt64());
        Assert.Equal(run.GetProperty("counts").GetProperty("received").GetInt64(), swept.GetProperty("counts").GetProperty("received").GetInt64());
        Assert.Equal(swept.ToString(), again.ToString());
        Assert.Equal(swept.ToString(), (await runner.RunAsync(id)).ToString());
    }

    [Fact]
    public async Task A_sweep_that_its_runner_could_not_copy_is_copied_when_it_is_asked_for_again()
    {
        peers.Ingest.Warnings.Enqueue(new() { Code = "delete_guard" });
        var id = await StartRunAsync("""{"mode": "ok"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        // Done at Ingest, but the answer never came back.
        peers.Ingest.Outcomes[id].Counts.Swept = IngestPeer.HeldBack;
        peers.Ingest.Outcomes[id].Warnings.Clear();

        var swept = await SweepAsync(id, HttpStatusCode.OK);

        Assert.Equal(IngestPeer.HeldBack, swept.GetProperty("counts").GetProperty("swept").GetInt64());
        Assert.Empty(swept.GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public async Task What_cannot_be_swept_says_why()
    {
        var id = await StartRunAsync("""{"mode": "ok"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        Assert.Equal("nothing_to_sweep", Code(await SweepAsync(id, HttpStatusCode.Conflict)));

        peers.Ingest.OnSweep = _ => throw PeerProblem.Of(Grpc.Core.StatusCode.FailedPrecondition, "sweep_superseded", 409);
        Assert.Equal("sweep_superseded", Code(await SweepAsync(id, HttpStatusCode.Conflict)));

        peers.Ingest.OnSweep = _ => throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "restarting"));
        Assert.Equal("service_unavailable", Code(await SweepAsync(id, HttpStatusCode.ServiceUnavailable)));

        var running = await StartRunAsync("""{"mode": "hang"}""", "other");
        await runner.WaitForStateAsync(running, RunTimeout, "running");
        Assert.Equal("run_not_finished", Code(await SweepAsync(running, HttpStatusCode.Conflict)));
        await CancelAsync(running);

        static string? Code(JsonElement problem) => problem.GetProperty("code").GetString();
    }

    private async Task<JsonElement> SweepAsync(string id, HttpStatusCode expected)
    {
        using var response = await runner.Client.PostAsync($"/v1/runs/{id}/sweep", null, TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}
