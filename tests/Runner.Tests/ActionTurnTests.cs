using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Actions that come at the same time, on two replicas, and replicas that go away in the midst of them.</summary>
public sealed class ActionTurnTests(ServersFixture servers, GoConnectors connectors) : ActingTest(servers, connectors)
{
    [Fact]
    public async Task Twenty_requests_with_one_key_on_two_replicas_are_one_action()
    {
        await using var replica = await StartAsync(Settings);
        Peer.Hold("once");

        var requests = Enumerable.Range(0, 20).Select(n => InvokeAsync(
            n % 2 == 0 ? runner : replica, "note", """{"arguments": {"text": "once"}}""", key: "k-1")).ToList();
        await Wait.ForAsync("it acts", () => Peer.Count("once") == 1, RunTimeout);
        // Still under way: the same, however its JSON is written, waits for it too; another one is refused.
        var later = InvokeAsync(replica, "note", """{ "arguments" : {"text":"\u006fnce"}, "wait_seconds": 40 }""", key: "k-1");
        var (status, problem, _) = await InvokeAsync(replica, "note", """{"arguments": {"text": "twice"}}""", key: "k-1");
        Assert.Equal((409, "idempotency_key_reused"), (status, Text(problem, "code")));
        Peer.LetGo("once");

        var answers = await Task.WhenAll([.. requests, later]);
        Assert.All(answers, a => Assert.Equal((200, "succeeded", "once done"), (a.Status, Text(a.Body, "outcome"), Text(a.Body, "result"))));
        Assert.Single(answers.Select(a => Text(a.Body, "id")).Distinct());
        var again = await InvokeAsync(replica, "note", """{"arguments": {"text": "once"}}""", key: "k-1");
        Assert.Equal(answers[0].Body.ToString(), again.Body.ToString());
        Assert.Equal(1, Peer.Count("once"));
        Assert.Equal(400, (await InvokeAsync(runner, "note", "{}", key: new string('x', 256))).Status);

        // Refused for its arguments, a request has done nothing: its key is free for the corrected one.
        Assert.Equal(422, (await InvokeAsync(runner, "note", "{}", key: "k-2")).Status);
        Assert.Equal(200, (await InvokeAsync(runner, "note", """{"arguments": {"text": "corrected"}}""", key: "k-2")).Status);
    }

    [Fact]
    public async Task A_key_is_its_callers_own_for_one_action_of_one_connection_and_for_a_day()
    {
        AddAnother("d");
        const string Once = """{"arguments": {"text": "once", "copies": 1}}""";
        var first = await InvokeAsync(runner, "echo", Once, key: "k");

        Assert.Equal(Text(first.Body, "id"), Text((await InvokeAsync(runner, "echo", """{"arguments": {"copies": 1, "text": "once"}}""", key: "k")).Body, "id"));
        foreach (var (action, connection) in new[] { ("note", "c"), ("echo", "d") })
            Assert.Equal((409, "idempotency_key_reused"), await RefusedAsync(action, connection));
        var stranger = await SendAsync(runner, HttpMethod.Post, "/v1/connections/c/actions/echo", Once, "k", "somebody else");
        Assert.Equal((200, "somebody else"), (stranger.Status, Text(stranger.Body, "actor")));

        await ExecuteAsync("update invocations set created_at = now() - interval '25 hours'");
        var later = await InvokeAsync(runner, "note", """{"arguments": {"text": "later"}}""", key: "k");
        Assert.Equal((200, "later done"), (later.Status, Text(later.Body, "result")));

        async Task<(int, string?)> RefusedAsync(string action, string connection) =>
            await InvokeAsync(runner, action, Once, connection, "k") is var (status, problem, _) ? (status, Text(problem, "code")) : default;
    }

    [Fact]
    public async Task Mutating_actions_take_turns_and_what_is_too_many_is_refused()
    {
        await using var replica = await StartAsync(Settings);
        AddAnother("d");
        Peer.Hold("first");
        var first = InvokeAsync(runner, "note", """{"arguments": {"text": "first"}}""");
        await Wait.ForAsync("the first acts", () => Peer.Count("first") == 1, RunTimeout);

        // Reading goes on beside it.
        Assert.Equal("succeeded", Text((await InvokeAsync(replica, "look", """{"arguments": {"text": "beside"}}""")).Body, "outcome"));
        var second = InvokeAsync(replica, "note", """{"arguments": {"text": "second"}}""");
        await Wait.ForAsync("the second waits", async () => (await ListAsync("queued")) == 1, RunTimeout);
        var third = InvokeAsync(runner, "note", """{"arguments": {"text": "third"}}""");
        await Wait.ForAsync("the third waits", async () => (await ListAsync("queued")) == 2, RunTimeout);
        var (status, problem, _) = await InvokeAsync(replica, "note", """{"arguments": {"text": "fourth"}}""");
        Assert.Equal((429, "action_busy"), (status, Text(problem, "code")));
        // Another connection has turns and waiting places of its own.
        Assert.Equal("succeeded", Text((await InvokeAsync(replica, "note", """{"arguments": {"text": "beside"}}""", "d")).Body, "outcome"));
        Peer.LetGo("first");

        foreach (var turn in await Task.WhenAll(first, second, third))
            Assert.Equal("succeeded", Text(turn.Body, "outcome"));
        Assert.Equal(["first", "second", "third"], Peer.Words.Where(w => w != "beside"));
        Assert.Equal(2, Peer.Most);
        Assert.Equal(0, Peer.Count("fourth"));
    }

    [Fact]
    public async Task A_replica_carries_out_so_many_at_once_and_no_more_wait_there()
    {
        const string slow = """{"arguments": {"text": "slow"}, "wait_seconds": 0}""";
        Peer.Hold("slow");
        List<string> begun = [];
        for (var n = 0; n < 4; n++)
            begun.Add((await InvokeAsync(runner, "look", slow, key: $"k-{n}")).Location!.ToString());
        await Wait.ForAsync("two act", () => Peer.Count("slow") == 2, RunTimeout);

        var (status, problem, _) = await InvokeAsync(runner, "look", """{"arguments": {"text": "slow"}}""");

        Assert.Equal((503, "too_many_invocations"), (status, Text(problem, "code")));
        Assert.Equal((2, 2), (await ListAsync("running"), await ListAsync("queued")));
        // One that waits is cancelled without ever having begun.
        await SendAsync(runner, HttpMethod.Post, begun[3] + "/cancel");
        await Wait.ForAsync("it is cancelled", async () => Text(await GetAsync(begun[3]), "outcome") == "cancelled", CancelLimit);
        Assert.Equal(JsonValueKind.Null, (await GetAsync(begun[3])).GetProperty("started_at").ValueKind);
        // Nothing was done, so that its key is free again, as its place is.
        var again = await InvokeAsync(runner, "look", slow, key: "k-3");
        Assert.Equal(202, again.Status);
        Assert.NotEqual(begun[3], again.Location!.ToString());
        Peer.LetGo("slow");
        await Wait.ForAsync("the others have succeeded", async () => await ListAsync("succeeded") == 4, RunTimeout);
    }

    [Fact]
    public async Task An_exclusive_action_is_refused_while_a_run_is_active()
    {
        Peer.Hold("sync");
        var run = Id(await runner.StartRunAsync("c"));
        await Wait.ForAsync("it syncs", () => Peer.Count("sync") == 1, RunTimeout);

        var (status, problem, _) = await InvokeAsync(runner, "alone", """{"arguments": {"text": "alone"}}""");
        Assert.Equal((409, "run_active"), (status, Text(problem, "code")));
        // The others don't mind.
        await EndAsync("note", """{"text": "beside"}""", "succeeded");
        Peer.LetGo("sync");
        await runner.WaitForStateAsync(run, RunTimeout, "succeeded", "failed");

        Peer.Hold("alone");
        var alone = InvokeAsync(runner, "alone", """{"arguments": {"text": "alone"}}""");
        await Wait.ForAsync("it is alone", () => Peer.Count("alone") == 1, RunTimeout);
        var waiting = Id(await runner.StartRunAsync("c"));
        await EndAsync("look", """{"text": "meanwhile"}""", "succeeded");
        Assert.Equal("queued", Text(await runner.RunAsync(waiting), "state"));
        Peer.LetGo("alone");
        Assert.Equal("succeeded", Text((await alone).Body, "outcome"));
        await runner.WaitForStateAsync(waiting, RunTimeout, "succeeded", "failed");

        // A run that begins while it waits for its turn is waited for too.
        Peer.Hold("before");
        Peer.Hold("sync");
        var before = InvokeAsync(runner, "note", """{"arguments": {"text": "before"}}""");
        await Wait.ForAsync("another one acts", () => Peer.Count("before") == 1, RunTimeout);
        var last = (await InvokeAsync(runner, "alone", """{"arguments": {"text": "last"}, "wait_seconds": 0}""")).Location!;
        run = Id(await runner.StartRunAsync("c"));
        await runner.WaitForStateAsync(run, RunTimeout, "running");
        Peer.LetGo("before");
        Assert.Equal("succeeded", Text((await before).Body, "outcome"));
        await EndAsync("look", """{"text": "meanwhile"}""", "succeeded");
        Assert.Equal("queued", Text(await GetAsync(last.ToString()), "state"));
        Peer.LetGo("sync");
        Assert.Equal("succeeded", Text(await EndsAsync(runner, last), "outcome"));
    }

    [Fact]
    public async Task An_action_whose_turn_does_not_come_is_given_up_and_has_done_nothing()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Invocations__TurnSeconds", "0.5"));
        Peer.Hold("first");
        var first = InvokeAsync(runner, "note", """{"arguments": {"text": "first"}}""");
        await Wait.ForAsync("the first acts", () => Peer.Count("first") == 1, RunTimeout);

        var second = await EndAsync("note", """{"text": "second"}""", "transient");

        Assert.Equal(("action_busy", JsonValueKind.Null), (Text(second, "error", "code"), second.GetProperty("started_at").ValueKind));
        Peer.LetGo("first");
        Assert.Equal("succeeded", Text((await first).Body, "outcome"));
        Assert.Equal(0, Peer.Count("second"));
    }

    [Fact]
    public async Task Its_lease_is_renewed_and_one_that_was_given_up_elsewhere_is_ended_without_a_word()
    {
        Peer.Hold("slow");
        var location = (await InvokeAsync(runner, "look", """{"arguments": {"text": "slow"}, "wait_seconds": 0}""")).Location!;
        await Wait.ForAsync("it acts", () => Peer.Count("slow") == 1, RunTimeout);
        var lease = await LeaseAsync();
        await Wait.ForAsync("a renewal", async () => await LeaseAsync() > lease, RunTimeout);

        await ExecuteAsync("update invocations set state = 'lost', error = '{\"code\": \"runner_lost\", \"message\": \"\", \"violations\": []}', lease_until = null, finished_at = now()");

        await Wait.ForAsync("its connector is ended", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
        await Wait.ForAsync("it knows", () => runner.Output.Contains("was not held any more", StringComparison.Ordinal), RunTimeout);
        Assert.Equal(("lost", "runner_lost"), (Text(await GetAsync(location.ToString()), "outcome"), Text(await GetAsync(location.ToString()), "error", "code")));

        async Task<DateTime> LeaseAsync()
        {
            await using var connection = new NpgsqlConnection(database);
            return await connection.ExecuteScalarAsync<DateTime>("select lease_until from invocations");
        }
    }

    [Fact]
    public async Task What_a_dead_replica_had_begun_is_lost_and_what_it_had_not_is_free_to_be_asked_for_again()
    {
        await using var replica = await StartAsync(Settings);
        Peer.Hold("first");
        var begun = await InvokeAsync(runner, "note", """{"arguments": {"text": "first"}, "wait_seconds": 0}""", key: "k-1");
        await Wait.ForAsync("it acts", () => Peer.Count("first") == 1, RunTimeout);
        var queued = await InvokeAsync(runner, "note", """{"arguments": {"text": "second"}, "wait_seconds": 0}""", key: "k-2");
        await using var events = await EventQueue.BindAsync(Servers.RabbitMqUri, "action.#");
        runner.Signal("KILL");
        await runner.WaitForExitAsync();

        await ExpireAsync();

        var lost = await EndsAsync(replica, begun.Location!);
        Assert.Equal("lost", Text(await events.NextAsync(e => Text(e, "invocation_id") == Text(lost, "id")), "outcome"));
        Assert.Equal(("lost", "runner_lost", 1), (Text(lost, "outcome"), Text(lost, "error", "code"), lost.GetProperty("attempts").GetInt32()));
        var free = await EndsAsync(replica, queued.Location!);
        Assert.Equal(("transient", true), (Text(free, "outcome"), free.GetProperty("error").GetProperty("retryable").GetBoolean()));
        // The first result again, and nothing is done; the other one is done now.
        Assert.Equal("lost", Text((await InvokeAsync(replica, "note", """{"arguments": {"text": "first"}}""", key: "k-1")).Body, "outcome"));
        Assert.Equal("succeeded", Text((await InvokeAsync(replica, "note", """{"arguments": {"text": "second"}}""", key: "k-2")).Body, "outcome"));
        Assert.Equal((1, 1), (Peer.Count("first"), Peer.Count("second")));
        await Wait.ForAsync("no process of the dead replica's", () => ProcessTable.WithPrefix(RunFolder.Marker, temporary).Count == 0, CancelLimit);
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task A_replica_that_was_stopped_and_goes_on_writes_nothing_over_what_was_said_without_it()
    {
        await using var replica = await StartAsync(Settings);
        Peer.Hold("slow");
        var (_, _, location) = await InvokeAsync(runner, "look", """{"arguments": {"text": "slow"}, "wait_seconds": 0}""");
        await Wait.ForAsync("it acts", () => Peer.Count("slow") == 1, RunTimeout);
        runner.Signal("STOP");
        await ExpireAsync();
        var lost = await EndsAsync(replica, location!);

        Peer.LetGo("slow");
        runner.Signal("CONT");

        await Wait.ForAsync("it knows", () => runner.Output.Contains("was not held any more", StringComparison.Ordinal), RunTimeout);
        Assert.Equal("lost", Text(lost, "outcome"));
        Assert.Equal(lost.ToString(), (await SendAsync(replica, HttpMethod.Get, location!.ToString())).Body.ToString());
    }

    [Fact, Trait("Category", "Matrix")]
    public async Task A_replica_that_is_told_to_end_gives_its_actions_time_and_says_what_is_not_known()
    {
        await using var replica = await StartAsync(Settings);
        Peer.Hold("short");
        Peer.Hold("long");
        var @short = await InvokeAsync(runner, "look", """{"arguments": {"text": "short"}, "wait_seconds": 0}""");
        var waiting = InvokeAsync(runner, "look", """{"arguments": {"text": "long"}, "wait_seconds": 50}""");
        await Wait.ForAsync("both act", () => Peer.Count("short") + Peer.Count("long") == 2, RunTimeout);

        runner.Signal("TERM");
        var (status, @long, location) = await waiting;
        Assert.Equal((202, "running"), (status, Text(@long, "state")));
        Peer.LetGo("short");

        Assert.Equal("succeeded", Text(await EndsAsync(replica, @short.Location!), "outcome"));
        var lost = await EndsAsync(replica, location!);
        Assert.Equal(("lost", "runner_stopping"), (Text(lost, "outcome"), Text(lost, "error", "code")));
        await runner.WaitForExitAsync();
    }

    private protected override (string, string)[] Settings =>
        [("Invocations__Concurrent", "2"), ("Invocations__MaxWaiting", "2"), ("Invocations__MaxWaitingToMutate", "2")];

    private async Task<int> ListAsync(string state) => (await GetAsync($"/v1/invocations?state={state}")).GetProperty("items").GetArrayLength();

    // Instead of waiting for the lease to run out.
    private Task ExpireAsync() => ExecuteAsync("update invocations set lease_until = now() - interval '1 second' where state in ('queued', 'running')");

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.ExecuteAsync(sql);
    }

    private void AddAnother(string connection)
    {
        var one = peers.Registry.Connections["c"];
        peers.Registry.Add(connection, one.Start.Digest, one.Start.Command, Options, "acting-connector");
        (peers.Registry.Connections[connection].Start.Protocol, peers.Registry.Connections[connection].Specification) = (one.Start.Protocol, one.Specification);
    }

    private static async Task<JsonElement> EndsAsync(RunnerProcess replica, Uri location)
    {
        JsonElement record = default;
        await Wait.ForAsync("it has ended", async () =>
        {
            record = (await SendAsync(replica, HttpMethod.Get, location.ToString())).Body;
            return Text(record, "outcome") is not null;
        }, RunTimeout);
        return record;
    }
}
