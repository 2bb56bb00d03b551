using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>What a request for a run may say besides its connection.</summary>
public sealed class RunRequestTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    private const string Ok = """{"mode": "ok"}""";

    [Fact]
    public async Task The_same_key_gives_the_same_run_long_after_its_end_and_for_nobody_else()
    {
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go", Ok);
        var (_, first) = await PostAsync("key-1", new { connection = "c" });
        await runner.WaitForStateAsync(Id(first), RunTimeout, "succeeded");

        var (status, again) = await PostAsync("key-1", new { from_start = false, connection = "c" });
        var (_, other) = await PostAsync("key-2", new { connection = "c" });
        var (_, stranger) = await PostAsync("key-1", new { connection = "c" }, actor: "somebody else");

        Assert.Equal(HttpStatusCode.Accepted, status);
        Assert.Equal((Id(first), "succeeded"), (Id(again), again.GetProperty("state").GetString()));
        Assert.NotEqual(Id(first), Id(other));
        Assert.NotEqual(Id(first), Id(stranger));
        Assert.Equal((HttpStatusCode.Conflict, "idempotency_key_reused"), await RefusedAsync("key-1", new { connection = "c", from_start = true }));
        Assert.Equal((HttpStatusCode.BadRequest, "bad_idempotency_key"), await RefusedAsync("with space", new { connection = "c" }));
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync("update run_requests set created_at = now() - interval '25 hours'");
        var (_, later) = await PostAsync("key-1", new { connection = "c" });
        Assert.NotEqual(Id(first), Id(later));
        await runner.WaitForStateAsync(Id(later), RunTimeout, "succeeded");
    }

    [Fact]
    public async Task A_connection_with_actions_alone_gets_neither_a_run_nor_a_schedule()
    {
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go", Ok);
        peers.Registry.Connections["c"].Connection.ActionsOnly = true;

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "sync_not_supported"), await RefusedAsync("key-1", new { connection = "c" }));
        using var schedule = await runner.Client.PostAsJsonAsync("/v1/schedules", new { connection = "c", interval = "1h" }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, schedule.StatusCode);
        await using var rows = new NpgsqlConnection(database);
        Assert.Equal(0, await rows.ExecuteScalarAsync<long>("select (select count(*) from runs) + (select count(*) from schedules)"));
    }

    [Fact]
    public async Task Requests_with_one_key_that_come_together_get_one_run()
    {
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go", Ok);

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => PostAsync("key", new { connection = "c" })));

        var id = Assert.Single(answers.Select(a => Id(a.Run)).ToHashSet());
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        Assert.Single(peers.Ingest.Closes);
    }

    [Fact]
    public async Task A_run_from_the_start_says_so_even_if_it_was_queued_without()
    {
        await RestartWithoutRoomAsync();
        var blocking = await StartRunAsync("""{"mode": "hang"}""", "other");
        await runner.WaitForStateAsync(blocking, RunTimeout, "running");
        var queued = await StartRunAsync(Ok);
        Assert.False((await runner.RunAsync(queued)).GetProperty("from_start").GetBoolean());

        var (_, joined) = await PostAsync(null, new { connection = "c", from_start = true });

        Assert.Equal(queued, Id(joined));
        Assert.True(joined.GetProperty("from_start").GetBoolean());
        await CancelAsync(blocking);
        await runner.WaitForStateAsync(queued, RunTimeout, "succeeded");
        Assert.True(peers.Ingest.Opens.Single(o => o.Run.RunId == queued).StartOver);
    }

    [Fact]
    public async Task Options_that_the_version_does_not_take_fail_the_run_before_its_connector_starts_with_every_field()
    {
        AddSpecified("""{"mode": "ok", "pages": "many", "colour": "red", "password": "s3cret-pass"}""");

        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");

        var error = run.GetProperty("error");
        Assert.Equal("invalid_options", error.GetProperty("code").GetString());
        foreach (var field in (string[])["pages", "colour"])
            Assert.Contains($"{field}: ", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-pass", run.GetRawText() + runner.Output, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, run.GetProperty("isolation").ValueKind);
    }

    [Fact]
    public async Task Options_that_it_takes_come_with_their_defaults_and_only_what_is_secret_is_hidden()
    {
        AddSpecified("""{"mode": "leak-error", "password": "s3cret-pass"}""");
        var failed = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");
        Assert.Contains("login refused for password ***", failed.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);

        AddSpecified("""{"mode": "ok"}""");
        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");

        Assert.Equal(2, run.GetProperty("pages").GetInt64());
    }

    private void AddSpecified(string options)
    {
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go", options);
        Parameter[] parameters =
        [
            new("mode", "What it does.", ParameterTypes.String), new("pages", "How many.", ParameterTypes.Int, Default: "2"),
            new("password", "A secret.", ParameterTypes.String, Secret: true),
        ];
        peers.Registry.Connections["c"].Specification = ByteString.CopyFrom(new ConnectorSpecification("crash-go", "1", "It misbehaves.", parameters, [], []).ToJson());
    }

    private async Task RestartWithoutRoomAsync()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Runner__ConcurrentRuns", "1"));
    }

    private async Task<(HttpStatusCode, string?)> RefusedAsync(string key, object body)
    {
        var (status, problem) = await PostAsync(key, body);
        return (status, problem.GetProperty("code").GetString());
    }

    private async Task<(HttpStatusCode Status, JsonElement Run)> PostAsync(string? key, object body, string? actor = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/runs") { Content = JsonContent.Create(body) };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        if (actor is not null)
            request.Headers.Add("X-Platform-Actor", actor);
        using var response = await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }
}
