using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>How long an attempt may take, and how many runs may be active at once.</summary>
public sealed class RunLimitTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    [Fact]
    public async Task A_connector_that_is_silent_for_longer_than_its_connection_allows_is_ended()
    {
        (string Mode, string Code)[] silences = [("say-nothing", "first_page_timeout"), ("hang", "idle_timeout"), ("stand-still", "idle_timeout")];

        var runs = await Task.WhenAll(silences.Select(s => RunAsync(s.Mode, new() { FirstPageSeconds = 1, IdleSeconds = 1, TotalSeconds = 600 }, s.Mode)));

        Assert.Equal(silences.Select(s => (s.Mode, s.Code, 1)), runs.Select(run => (
            run.GetProperty("connection").GetString()!, run.GetProperty("error").GetProperty("code").GetString()!, run.GetProperty("attempt").GetInt32())));
    }

    [Fact]
    public async Task A_connector_that_takes_too_long_in_all_is_ended()
    {
        var run = await RunAsync("hang", new() { TotalSeconds = 1 });

        Assert.Equal("sync_timeout", run.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_time_that_ingest_takes_is_not_the_connectors()
    {
        var slow = 1;
        peers.Ingest.OnPage = _ =>
        {
            if (Interlocked.Exchange(ref slow, 0) == 1)
                Thread.Sleep(TimeSpan.FromSeconds(3));
        };

        var run = await RunAsync("ok", new() { FirstPageSeconds = 1, IdleSeconds = 1 });

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Limits_above_the_ceilings_are_refused_all_at_once()
    {
        var run = await RunAsync("ok", new() { FirstPageSeconds = int.MaxValue, IdleSeconds = int.MaxValue, TotalSeconds = int.MaxValue });

        var error = run.GetProperty("error");
        Assert.Equal("limits_too_high", error.GetProperty("code").GetString());
        foreach (var name in (string[])["first_page_seconds", "idle_seconds", "total_seconds", "Connectors:SyncTimeoutCeilingSeconds"])
            Assert.Contains(name, error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_replicas_together_never_exceed_the_limits()
    {
        const int Runs = 12;
        await using var other = await StartAsync(("Runner__SweepSeconds", "0.1"));
        await using var connection = new NpgsqlConnection(database);
        await SetLimitsAsync(new { global = 3, connectors = new Dictionary<string, int> { ["narrow"] = 1 } });
        // What was active at once is only seen for sure where it is written.
        await connection.ExecuteAsync("""
            create table seen (connector text, active bigint, total bigint);
            create function see() returns trigger language plpgsql as $$ begin
                insert into seen select new.connector, count(*) filter (where connector = new.connector), count(*) from runs where state = 'running' and next_attempt_at is null;
                return null;
            end $$;
            create trigger see after update of fence on runs for each row execute function see();
            """);

        List<string> ids = [];
        for (var i = 0; i < Runs; i++)
        {
            var name = i % 2 == 0 ? "narrow" : "wide";
            peers.Registry.Add($"c{i}", peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "ok", "objects": 1, "pages": 1}""", connector: name);
            ids.Add(Id(await (i % 3 == 0 ? runner : other).StartRunAsync($"c{i}")));
        }

        foreach (var id in ids)
            await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        var (narrow, total) = await connection.QuerySingleAsync<(long, long)>("select max(active) filter (where connector = 'narrow'), max(total) from seen");
        Assert.Equal((1, 3), (narrow, total));
        var owners = await connection.ExecuteScalarAsync<long>("select count(*) from seen");
        Assert.Equal(Runs, owners);
    }

    [Fact]
    public async Task A_wake_up_that_reaches_a_full_runner_reaches_the_others_long_before_they_look()
    {
        const int Runs = 6;
        await runner.DisposeAsync();
        runner = await StartAsync(("Runner__ConcurrentRuns", "1"), ("Runner__SweepSeconds", "60"));
        await using var other = await StartAsync(("Runner__ConcurrentRuns", $"{Runs - 1}"), ("Runner__SweepSeconds", "60"));
        List<string> ids = [];

        for (var i = 0; i < Runs; i++)
            ids.Add(await StartRunAsync("""{"mode": "hang"}""", $"c{i}"));

        foreach (var id in ids)
            await runner.WaitForStateAsync(id, TimeSpan.FromSeconds(20), "running");
        foreach (var id in ids)
            await CancelAsync(id);
    }

    [Fact]
    public async Task A_run_that_a_limit_holds_back_says_so_and_begins_when_the_limit_is_lifted()
    {
        await SetLimitsAsync(new { connectors = new Dictionary<string, int> { ["crash-go"] = 1 } });
        var first = await StartRunAsync("""{"mode": "hang"}""", "one");
        await runner.WaitForStateAsync(first, RunTimeout, "running");
        var second = await StartRunAsync("""{"mode": "hang"}""", "two");
        await Wait.ForAsync("the wait for a slot", async () => (await runner.RunAsync(second)).GetProperty("waiting_for").GetString() == "slot", RunTimeout);
        Assert.Equal("queued", (await runner.RunAsync(second)).GetProperty("state").GetString());

        Assert.Equal("""{"global":null,"connectors":{}}""", (await SetLimitsAsync(new { })).GetRawText());

        await runner.WaitForStateAsync(second, RunTimeout, "running");
        await CancelAsync(first);
        await CancelAsync(second);
    }

    [Fact]
    public async Task Limits_that_make_no_sense_are_refused_all_at_once_and_are_the_admins()
    {
        using var refused = await runner.Client.PutAsJsonAsync("/v1/runs/limits",
            new { global = 0, connectors = new Dictionary<string, int> { ["a"] = 0, [""] = 1 } }, TestContext.Current.CancellationToken);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.Equal("invalid_run_limits", problem.GetProperty("code").GetString());
        Assert.Equal(["global", "connectors.a", "connectors"], problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()));
        runner.Client.DefaultRequestHeaders.Remove("X-Platform-Scopes");
        runner.Client.DefaultRequestHeaders.Add("X-Platform-Scopes", "runs:read runs:start");
        using var forbidden = await runner.Client.PutAsJsonAsync("/v1/runs/limits", new { global = 1 }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    private async Task<JsonElement> SetLimitsAsync(object limits)
    {
        using var response = await runner.Client.PutAsJsonAsync("/v1/runs/limits", limits, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private async Task<JsonElement> RunAsync(string mode, Registry.V1.RunPolicy policy, string connection = "c")
    {
        peers.Registry.Add(connection, peers.Bundles.Add(Connectors.Crash), "./crash-go", $$"""{"mode": "{{mode}}"}""");
        peers.Registry.Connections[connection].Policy = policy;
        return await runner.WaitForStateAsync(Id(await runner.StartRunAsync(connection)), RunTimeout, "succeeded", "failed");
    }
}
