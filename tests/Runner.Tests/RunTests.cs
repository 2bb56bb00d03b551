using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Runner.Processes;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace Platform.Runner.Tests;

/// <summary>The service over a real database, a real broker and real connectors; the services that it calls are in this process.</summary>
public sealed class RunTests(ServersFixture servers, GoConnectors connectors) : IAsyncLifetime
{
    private static readonly TimeSpan RunTimeout = TimeSpan.FromSeconds(60);
    // The pings of ServiceDefaults take twenty seconds to find a dead connection.
    private static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(80);
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);
    private readonly string data = Directory.CreateTempSubdirectory("runner-data-").FullName;
    private readonly string temporary = Directory.CreateTempSubdirectory("rt-").FullName;
    private string database = null!;
    private Peers peers = null!;
    private RunnerProcess runner = null!;

    public async ValueTask InitializeAsync()
    {
        database = servers.PostgresConnectionString("runner");
        peers = await Peers.StartAsync();
        runner = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await runner.DisposeAsync();
        await peers.DisposeAsync();
        await Wait.ForAsync("no process of a connector", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
        Directory.Delete(temporary, recursive: true);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task A_run_succeeds_and_its_record_says_what_happened()
    {
        var id = await StartRunAsync("""{"mode": "ok", "pages": 3, "objects": 10, "password": "s3cret-pass"}""");

        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(30, run.GetProperty("counts").GetProperty("received").GetInt64());
        Assert.Equal(3, run.GetProperty("pages").GetInt64());
        Assert.Equal(1, run.GetProperty("version").GetInt32());
        Assert.Equal("""{"mode":"ok"}""", run.GetProperty("result").GetString());
        Assert.True(run.GetProperty("full_listing").GetBoolean());
        Assert.Equal("tester", run.GetProperty("actor").GetString());
        Assert.NotEqual(JsonValueKind.Null, run.GetProperty("isolation").ValueKind);
        Assert.Equal(JsonValueKind.Null, run.GetProperty("error").ValueKind);
        Assert.Equal([""], Assert.Single(peers.Ingest.Closes).CompleteStreams);
        Assert.DoesNotContain("s3cret-pass", runner.Output, StringComparison.Ordinal);
        await using var connection = new NpgsqlConnection(database);
        Assert.Empty(await connection.QueryAsync<string>("select runs::text from runs where runs::text like '%s3cret-pass%'"));
    }

    [Theory]
    [InlineData("ok", false)]
    [InlineData("no-clean", true)]
    public async Task What_the_connection_says_reaches_ingest(string mode, bool fullListing)
    {
        peers.Registry.Add("set", peers.Bundles.Add(connectors.Crash), "./crash-go", $$"""{"mode": "{{mode}}"}""");
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
        peers.Registry.Add("set", peers.Bundles.Add(connectors.Crash), "./crash-go", """{"mode": "error"}""");
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

    [Fact]
    public async Task A_second_run_uses_the_bundle_that_is_there_until_somebody_touches_it()
    {
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}""", "one"), RunTimeout, "succeeded");
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}""", "two"), RunTimeout, "succeeded");
        Assert.Equal(1, peers.Bundles.Downloads);

        var file = Directory.EnumerateFiles(data, "main.go", SearchOption.AllDirectories).Single();
        await File.AppendAllTextAsync(file, "// touched", TestContext.Current.CancellationToken);
        await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "ok"}""", "three"), RunTimeout, "succeeded");

        Assert.Equal(2, peers.Bundles.Downloads);
    }

    [Fact]
    public async Task A_bundle_with_another_digest_is_not_run()
    {
        var digest = peers.Bundles.Add(connectors.Crash);
        peers.Bundles.Archives[digest][^1] ^= 1;
        peers.Registry.Add("c", digest, "./crash-go", "{}");

        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "failed");

        Assert.Equal("bundle_unavailable", run.GetProperty("error").GetProperty("code").GetString());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(data, "bundles")));
    }

    [Fact]
    public async Task A_failed_run_keeps_the_connectors_words_without_its_secrets()
    {
        var run = await runner.WaitForStateAsync(
            await StartRunAsync("""{"mode": "leak-error", "password": "s3cret-pass"}"""), RunTimeout, "failed");

        var error = run.GetProperty("error");
        Assert.Equal("sync_failed", error.GetProperty("code").GetString());
        Assert.Contains("login refused for password ***", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("connecting with ***", error.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-pass", runner.Output + run, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manifest_that_asks_for_auto_mtls_gets_it()
    {
        peers.Registry.Add("tls", peers.Bundles.Add(connectors.Crash), "./crash-go", """{"mode": "ok"}""", autoMtls: true);

        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("tls")), RunTimeout, "failed", "succeeded");

        // go-plugin 1.0.1 does not get further than its callback.
        Assert.Equal("mtls_callback_failed", run.GetProperty("error").GetProperty("code").GetString());
        Assert.Contains("auto_mtls", run.GetProperty("error").GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_a_run_is_active_one_more_is_queued_and_runs_afterwards()
    {
        var first = await StartRunAsync("""{"mode": "hang"}""");
        await runner.WaitForStateAsync(first, RunTimeout, "running");
        var second = Id(await runner.StartRunAsync("c"));

        Assert.NotEqual(first, second);
        Assert.Equal(second, Id(await runner.StartRunAsync("c")));
        Assert.Equal("queued", (await runner.RunAsync(second)).GetProperty("state").GetString());

        await CancelAsync(first);
        await runner.WaitForStateAsync(second, RunTimeout, "running");
        await CancelAsync(second);
    }

    [Fact]
    public async Task A_cancelled_run_ends_within_five_seconds_and_says_so_at_ingest()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);

        await CancelAsync(id);

        Assert.Equal(Platform.Ingest.V1.Outcome.Cancelled, Assert.Single(peers.Ingest.Closes).Outcome);
        using var again = await runner.Client.PostAsync($"/v1/runs/{id}/cancel", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
    }

    [Fact]
    public async Task A_queued_run_is_cancelled_without_ever_running()
    {
        var first = await StartRunAsync("""{"mode": "hang"}""");
        await runner.WaitForStateAsync(first, RunTimeout, "running");
        var second = Id(await runner.StartRunAsync("c"));

        await CancelAsync(second);

        Assert.Equal(JsonValueKind.Null, (await runner.RunAsync(second)).GetProperty("started_at").ValueKind);
        Assert.Equal("running", (await runner.RunAsync(first)).GetProperty("state").GetString());
        await CancelAsync(first);
    }

    [Fact]
    public async Task Progress_is_followed_to_the_end()
    {
        var id = await StartRunAsync("""{"mode": "ok"}""");

        var stream = await runner.Client.GetStringAsync($"/v1/runs/{id}/progress", TestContext.Current.CancellationToken);

        var last = stream.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)[^1];
        Assert.StartsWith("event: end", last, StringComparison.Ordinal);
        Assert.Contains("\"state\":\"succeeded\"", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_in_pages()
    {
        foreach (var name in (string[])["a", "b", "c"])
            await runner.WaitForStateAsync(await StartRunAsync("""{"mode": "no-clean"}""", name), RunTimeout, "succeeded");

        var first = await runner.Client.GetFromJsonAsync<JsonElement>("/v1/runs?limit=2", TestContext.Current.CancellationToken);
        var next = first.GetProperty("next").GetString();
        var second = await runner.Client.GetFromJsonAsync<JsonElement>($"/v1/runs?limit=2&cursor={next}", TestContext.Current.CancellationToken);
        var one = await runner.Client.GetFromJsonAsync<JsonElement>("/v1/runs?connection=b&state=succeeded", TestContext.Current.CancellationToken);

        Assert.Equal(["c", "b", "a"], first.GetProperty("items").EnumerateArray().Concat(second.GetProperty("items").EnumerateArray())
            .Select(r => r.GetProperty("connection").GetString()));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal("b", Assert.Single(one.GetProperty("items").EnumerateArray()).GetProperty("connection").GetString());
    }

    [Theory]
    [InlineData("POST", "/v1/runs", """{"connection": "missing"}""", 404, "unknown_connection")]
    [InlineData("POST", "/v1/runs", "{}", 422, "invalid_run")]
    [InlineData("POST", "/v1/runs", """{"connection": """, 400, "malformed_json")]
    [InlineData("GET", "/v1/runs/nonsense", null, 404, "unknown_run")]
    [InlineData("GET", "/v1/runs/01a1fe12-b165-7e1f-a15d-ebb6482b7888/progress", null, 404, "unknown_run")]
    [InlineData("POST", "/v1/runs/01a1fe12-b165-7e1f-a15d-ebb6482b7888/cancel", null, 404, "unknown_run")]
    [InlineData("POST", "/v1/runs/01a1fe12-b165-7e1f-a15d-ebb6482b7888/sweep", null, 404, "unknown_run")]
    [InlineData("GET", "/v1/runs?state=walking", null, 400, "bad_state")]
    [InlineData("GET", "/v1/runs?cursor=nonsense", null, 400, "bad_cursor")]
    [InlineData("GET", "/v1/runs?limit=0", null, 400, "bad_limit")]
    public async Task A_bad_request_is_answered_with_its_problem(string method, string path, string? body, int status, string code)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Without_the_internal_secret_nothing_is_answered()
    {
        using var stranger = new HttpClient { BaseAddress = runner.Address };

        using var response = await stranger.GetAsync("/v1/runs", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_run_of_a_killed_runner_is_failed_by_another_and_leaves_no_process_and_no_folder()
    {
        var id = await StartRunAsync("""{"mode": "hang"}""");
        await Wait.ForAsync("the first page", () => !peers.Ingest.Pages.IsEmpty, RunTimeout);

        runner.Signal("KILL");
        await runner.WaitForExitAsync();
        await Wait.ForAsync("the connector is gone", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
        runner = await StartAsync();
        var run = await runner.WaitForStateAsync(id, RunTimeout, "failed");

        Assert.Equal("runner_lost", run.GetProperty("error").GetProperty("code").GetString());
        var close = Assert.Single(peers.Ingest.Closes);
        Assert.True(close.Run.Fence > 1);
        Assert.DoesNotContain(Directory.EnumerateDirectories(temporary), folder => Directory.EnumerateFileSystemEntries(folder).Any());
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
        runner = await StartAsync();
        var run = await runner.WaitForStateAsync(id, RunTimeout, "succeeded", "failed");

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(30, run.GetProperty("counts").GetProperty("received").GetInt64());
    }

    [Theory]
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

    [Fact]
    public async Task An_ingest_that_is_gone_without_a_word_is_noticed_long_before_a_sweep_would_be_too_late()
    {
        using var wire = new CutWire(new(peers.Address));
        await runner.DisposeAsync();
        runner = await RunnerProcess.StartAsync(peers, database, servers.RabbitMqUri, data, temporary, ("services__ingest__grpc__0", wire.Address));
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

    [Fact]
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

    private Task<RunnerProcess> StartAsync(params (string, string)[] settings) =>
        RunnerProcess.StartAsync(peers, database, servers.RabbitMqUri, data, temporary, settings);

    private async Task<string> StartRunAsync(string options, string connection = "c")
    {
        peers.Registry.Add(connection, peers.Bundles.Add(connectors.Crash), "./crash-go", options);
        return Id(await runner.StartRunAsync(connection));
    }

    private async Task CancelAsync(string id)
    {
        using var response = await runner.Client.PostAsync($"/v1/runs/{id}/cancel", null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        await runner.WaitForStateAsync(id, CancelLimit, "cancelled");
    }

    private async Task<JsonElement> SweepAsync(string id, HttpStatusCode expected)
    {
        using var response = await runner.Client.PostAsync($"/v1/runs/{id}/sweep", null, TestContext.Current.CancellationToken);
        Assert.Equal(expected, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private static string Id(JsonElement run) => run.GetProperty("id").GetString()!;
}
