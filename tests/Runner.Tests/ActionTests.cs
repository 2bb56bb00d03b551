using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Actions of a real connector, from their request to their outcome.</summary>
public sealed class ActionTests(ServersFixture servers, GoConnectors connectors) : ActingTest(servers, connectors)
{
    private const string Token = "token-of-nobody";

    [Fact]
    public async Task An_action_succeeds_and_what_is_secret_stays_so()
    {
        await using var events = await EventQueue.BindAsync(Servers.RabbitMqUri, "action.#");

        var (status, record, _) = await InvokeAsync(runner, "echo", """{"arguments": {"text": "hello", "copies": "2", "pin": "pin-08-15"}}""");

        Assert.Equal((200, "succeeded", "succeeded"), (status, Text(record, "state"), Text(record, "outcome")));
        Assert.Equal("""["hello *** ***","hello *** ***"]""", record.GetProperty("result").GetRawText());
        Assert.Equal("""{"text":"hello","pin":"***","copies":2}""", record.GetProperty("arguments").GetRawText());
        Assert.Equal((1, "tester", "with the pin ***"), (record.GetProperty("attempts").GetInt32(), Text(record, "actor"), Text(record, "progress", "message")));
        Assert.NotEmpty(Text(record, "isolation")!);
        var id = Text(record, "id")!;
        Assert.Equal(record.ToString(), (await GetAsync($"/v1/invocations/{id}")).ToString());
        Assert.Equal(record.GetProperty("result").GetRawText(), (await GetAsync($"/v1/invocations/{id}/result")).GetRawText());
        using (var ask = new HttpRequestMessage(HttpMethod.Get, $"/v1/invocations/{id}/log") { Headers = { { "Accept", "application/json" } } })
        using (var log = await runner.Client.SendAsync(ask, TestContext.Current.CancellationToken))
        {
            var lines = (await log.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("items").EnumerateArray().Select(l => Text(l, "text")!).ToList();
            Assert.Contains(lines, line => line.Contains("The token is ***, the pin ***", StringComparison.Ordinal));
            Assert.Equal("The action has succeeded.", lines[^1]);
        }

        var completed = await events.NextAsync(e => e.GetProperty("invocation_id").GetString() == id);
        Assert.Equal(("echo", "succeeded"), (Text(completed, "action"), Text(completed, "outcome")));

        await using var connection = new NpgsqlConnection(database);
        Assert.Empty(await connection.QueryAsync<string>("select id::text from invocations where invocations::text like '%08-15%' or invocations::text like '%of-nobody%'"));
        Assert.DoesNotContain("08-15", runner.Output + completed, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, runner.Output + completed, StringComparison.Ordinal);
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
    }

    [Fact]
    public async Task Each_way_to_fail_has_its_outcome()
    {
        await using var events = await EventQueue.BindAsync(Servers.RabbitMqUri, "action.#");

        var failed = await EndAsync("fail", "{}", "failed");
        Assert.Equal(("out_of_stock", "There is nothing left for ***."), (Text(failed, "error", "code"), Text(failed, "error", "message")));
        var refused = await EndAsync("refuse", """{"text": "xyzzy"}""", "rejected");
        var violation = refused.GetProperty("error").GetProperty("violations")[0];
        Assert.Equal(("bad_word", "arguments.text", "*** knows no such word."), (Text(refused, "error", "code"), Text(violation, "field"), Text(violation, "message")));
        var lost = await EndAsync("crash", "{}", "lost");
        Assert.Equal("connector_exited", Text(lost, "error", "code"));
        Assert.Contains("the last words", Text(lost, "error", "detail"), StringComparison.Ordinal);
        var large = await EndAsync("large", """{"bytes": 3000000}""", "failed");
        Assert.Equal("result_too_large", Text(large, "error", "code"));
        Peer.Hold("slow");
        var late = await EndAsync("look", """{"text": "slow"}""", "timed-out", ", \"timeout_seconds\": 1");
        Assert.Equal("action_timeout", Text(late, "error", "code"));

        var told = await events.NextAsync(e => e.GetProperty("invocation_id").GetString() == Text(lost, "id"));
        Assert.Equal(("lost", "connector_exited"), (Text(told, "outcome"), Text(told, "error", "code")));
        Assert.Equal("no_result", Text(await GetAsync($"/v1/invocations/{Text(failed, "id")}/result"), "code"));
    }

    [Fact]
    public async Task Only_what_is_idempotent_is_tried_again_and_not_for_ever()
    {
        Peer.Answer = (word, times) => word == "third" && times == 3 ? "at last" : "again";

        var third = await EndAsync("try", """{"text": "third"}""", "succeeded");
        var never = await EndAsync("try", """{"text": "never"}""", "transient");
        var once = await EndAsync("try_once", """{"text": "once"}""", "transient");

        Assert.Equal(("at last", 3), (Text(third, "result"), third.GetProperty("attempts").GetInt32()));
        Assert.Equal((3, 3, "away"), (never.GetProperty("attempts").GetInt32(), Peer.Count("never"), Text(never, "error", "code")));
        Assert.Equal((1, 1), (once.GetProperty("attempts").GetInt32(), Peer.Count("once")));
    }

    [Fact]
    public async Task A_large_result_is_a_download()
    {
        var record = await EndAsync("large", """{"bytes": 1500000}""", "succeeded");

        Assert.Equal((JsonValueKind.Null, 1_500_002), (record.GetProperty("result").ValueKind, record.GetProperty("result_bytes").GetInt64()));
        using var response = await runner.Client.GetAsync(Text(record, "result_location"), TestContext.Current.CancellationToken);
        Assert.Equal((1_500_002, "application/json"), (response.Content.Headers.ContentLength, response.Content.Headers.ContentType?.MediaType));
        Assert.Equal($"\"{new string('x', 1_500_000)}\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_long_action_is_waited_for_elsewhere_followed_and_cancelled_from_another_replica_though_it_is_deaf()
    {
        await using var replica = await StartAsync();
        Peer.Hold("slow");

        var (status, record, location) = await InvokeAsync(runner, "look", """{"arguments": {"text": "slow"}, "wait_seconds": 0}""");
        Assert.Equal((202, $"/v1/invocations/{Text(record, "id")}"), (status, location!.ToString()));
        Assert.Null(Text(record, "outcome"));
        Assert.Equal("invocation_not_finished", Text((await SendAsync(replica, HttpMethod.Get, location + "/result")).Body, "code"));
        var follow = replica.Client.GetStringAsync(location + "/progress", TestContext.Current.CancellationToken);
        await Wait.ForAsync("it acts", () => Peer.Count("slow") == 1, RunTimeout);
        Peer.LetGo("slow");
        Assert.Contains("\"outcome\":\"succeeded\"", (await follow).Split("event: end")[1], StringComparison.Ordinal);

        (_, _, location) = await InvokeAsync(runner, "ignore", """{"wait_seconds": 0}""");
        await Wait.ForAsync("it is deaf", () => Peer.Count("deaf") == 1, RunTimeout);
        await Wait.ForAsync("its progress is shown", async () => (await GetAsync(location!.ToString())).GetProperty("progress") is { ValueKind: JsonValueKind.Object } p && p.GetProperty("fraction").GetDouble() == 0.25, RunTimeout);
        var asked = Stopwatch.GetTimestamp();
        Assert.Equal(202, (await SendAsync(replica, HttpMethod.Post, location + "/cancel")).Status);
        await Wait.ForAsync("it is cancelled", async () => Text((await SendAsync(replica, HttpMethod.Get, location!.ToString())).Body, "outcome") == "cancelled", RunTimeout);
        Assert.True(Stopwatch.GetElapsedTime(asked) < CancelLimit, $"It took {Stopwatch.GetElapsedTime(asked)}.");
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Assert.Equal(202, (await SendAsync(runner, HttpMethod.Post, location + "/cancel")).Status);
    }

    [Fact]
    public async Task A_client_that_goes_away_does_not_end_its_action()
    {
        Peer.Hold("slow");
        using var leave = new CancellationTokenSource();
        var request = runner.Client.PostAsync(
            "/v1/connections/c/actions/look", new StringContent("""{"arguments": {"text": "slow"}}""", Encoding.UTF8, "application/json"), leave.Token);
        await Wait.ForAsync("it acts", () => Peer.Count("slow") == 1, RunTimeout);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Peer.LetGo("slow");

        await Wait.ForAsync("it has succeeded", async () => Text((await GetAsync("/v1/invocations")).GetProperty("items")[0], "outcome") == "succeeded", RunTimeout);
    }

    [Fact]
    public async Task What_a_sync_says_on_its_way_and_at_its_end_shows_no_secret()
    {
        var run = await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");

        Assert.Equal("done as ***", Text(run, "result"));
        // Shown with the beats of its lease, of which a short run may have none.
        Assert.Contains(Text(run, "progress_message"), (string?[])["listing as ***", null]);
    }

    [Fact]
    public async Task A_check_asks_the_connector_itself_and_no_more_run_at_once_than_may()
    {
        Peer.Answer = (_, _) => "no";
        Peer.Hold("check");

        var check = SendAsync(runner, HttpMethod.Post, "/v1/connections/c/check");
        await Wait.ForAsync("it checks", () => Peer.Count("check") == 1, RunTimeout);
        var (refused, problem, _) = await SendAsync(runner, HttpMethod.Post, "/v1/connections/c/check");
        Assert.Equal((503, "too_many_checks"), (refused, Text(problem, "code")));
        Peer.LetGo("check");
        var (status, answer, _) = await check;

        Assert.Equal((200, false), (status, answer.GetProperty("passed").GetBoolean()));
        Assert.Equal(["peer", "token"], answer.GetProperty("checks").EnumerateArray().Select(c => Text(c, "name")));
        Assert.Equal(("The token *** is not known.", "Ask for another."), (Text(answer.GetProperty("checks")[1], "message"), Text(answer.GetProperty("checks")[1], "hint")));
        Assert.NotEmpty(Text(answer, "isolation")!);
    }

    private protected override string Options => $$"""{"peer": "{{Peer.Address}}", "token": "{{Token}}"}""";

    private protected override (string, string)[] Settings => [("Invocations__MaxResultBytes", "2000000"), ("Checks__Concurrent", "1"), ("Checks__TurnSeconds", "0")];
}
