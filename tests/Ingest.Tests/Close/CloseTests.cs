using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.Ingest.Tests.Close;

public sealed class CloseTests(ServersFixture servers) : IAsyncLifetime
{
    /// <summary>For the relay to connect and publish.</summary>
    private static readonly TimeSpan EventTimeout = TimeSpan.FromSeconds(60);

    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task The_first_decision_stands_whatever_a_later_call_says()
    {
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(Pages.Encode(Pages.Object("a"), Pages.Object("a"), Pages.Object(""), Pages.Object("b")));
        var first = await _host.CloseAsync(_run, change: request =>
        {
            request.Result = "done";
            request.CompleteStreams.Add("");
            request.StartedAt = "2026-01-02T03:04:05.678Z";
        });
        Assert.Equal(Outcome.Succeeded, first.Outcome);
        Assert.Equal(new Counts { Received = 4, Inserted = 2, Rejected = 1, Superseded = 1 }, first.Counts);
        Assert.Equal(("done", ""), (first.Result, Assert.Single(first.CompleteStreams)));

        Assert.Equal(first, await _host.CloseAsync(_run, Outcome.Failed));
        Assert.Equal(first, await _host.CloseAsync(_run with { Fence = 1 }, Outcome.Cancelled));
        Assert.Equal(first, await _host.OutcomeAsync(_run));
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task The_metric_has_the_counts_of_the_outcome_once()
    {
        var measured = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == ObjectCounter.Name)
                    self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            var named = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value?.ToString());
            if (named["connection"] == _run.Connection)
                measured.AddOrUpdate(named["result"]!, count, (_, before) => before + count);
        });
        listener.Start();
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(Pages.Encode(Pages.Object("a"), Pages.Object("a"), Pages.Object(""), Pages.Object("b")));
        await _host.CloseAsync(_run);
        await _host.CloseAsync(_run);
        Assert.Equal(
            new Dictionary<string, long> { ["received"] = 4, ["inserted"] = 2, ["rejected"] = 1, ["superseded"] = 1 }, measured.ToDictionary());
    }

    [Fact]
    public async Task An_undecided_run_has_no_outcome()
    {
        using var session = await _host.OpenAsync(_run);
        Assert.Null(await _host.OutcomeAsync(_run));
    }

    [Fact]
    public async Task Outcome_and_event_are_of_one_transaction()
    {
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(Pages.Range("key-", 0, 3));
        await _host.CloseAsync(_run, Outcome.Failed);
        Assert.True(await _host.QueryAsync<bool>("SELECT (SELECT xmin::text FROM outbox) = (SELECT xmin::text FROM outcomes)"));

        var body = JsonDocument.Parse(await _host.QueryAsync<string>("SELECT body FROM outbox WHERE type = 'sync.failed' AND routing_key = 'sync.failed.files'")).RootElement;
        Assert.Equal(_run.RunId, body.GetProperty("run_id").GetGuid());
        Assert.Equal(3, body.GetProperty("counts").GetProperty("inserted").GetInt64());
        Assert.Equal("connector_failed", body.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(JsonValueKind.Null, body.GetProperty("started_at").ValueKind);
    }

    [Fact]
    public async Task Without_its_event_there_is_no_outcome()
    {
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(Pages.Range("key-", 0, 3));
        await _host.ExecuteAsync("ALTER TABLE outbox RENAME TO hidden");
        await Assert.ThrowsAsync<RpcException>(() => _host.CloseAsync(_run));
        Assert.Null(await _host.OutcomeAsync(_run));
        await _host.ExecuteAsync("ALTER TABLE hidden RENAME TO outbox");
        Assert.Equal(3, (await _host.CloseAsync(_run)).Counts.Received);
    }

    [Fact]
    public async Task A_run_that_never_opened_gets_outcome_and_event_and_leaves_the_writer_alone()
    {
        using var writing = await _host.OpenAsync(_run);
        var other = _run.Next();
        var outcome = await _host.CloseAsync(other, Outcome.Failed);
        Assert.Equal((Outcome.Failed, new Counts()), (outcome.Outcome, outcome.Counts));
        Assert.Equal("its last words", outcome.Error.Detail);
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(*) FROM outbox"));
        Assert.Equal((StatusCode.FailedPrecondition, "run_closed"), await Failure.OfAsync(() => _host.OpenAsync(other)));
        Assert.Equal(1, (await writing.LoadAsync(Pages.Range("key-", 0, 1))).Inserted);
    }

    [Fact]
    public async Task A_run_of_an_unknown_connection_can_be_closed()
    {
        Assert.Equal(Outcome.Cancelled, (await _host.CloseAsync(_run, Outcome.Cancelled)).Outcome);
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM writers"));
    }

    [Fact]
    public async Task A_stale_fence_decides_nothing()
    {
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(Pages.Range("key-", 0, 1));
        var again = _run.Again();
        using var newer = await _host.OpenAsync(again);
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.CloseAsync(_run, Outcome.Failed)));
        Assert.Null(await _host.OutcomeAsync(_run));
        Assert.Equal(1, (await newer.LoadAsync(Pages.Range("key-", 0, 1))).Unchanged);
    }

    [Fact]
    public async Task A_run_that_another_one_has_overtaken_can_fail_and_not_succeed()
    {
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Range("key-", 0, 5));
        await _host.CloseAsync(_run);
        var overtaken = _run.Next();
        using (var session = await _host.OpenAsync(overtaken))
            await session.LoadAsync(Pages.Range("key-", 0, 5));
        using var newer = await _host.OpenAsync(overtaken.Next());

        // What it has seen is forgotten: all of it would be swept.
        Assert.Equal(
            (StatusCode.FailedPrecondition, "stale_fence"),
            await Failure.OfAsync(() => _host.CloseAsync(overtaken.Again(), change: request => request.CompleteStreams.Add(""))));
        Assert.Equal(Outcome.Failed, (await _host.CloseAsync(overtaken.Again(), Outcome.Failed)).Outcome);
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM objects WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task Close_waits_for_the_batch_that_is_being_written()
    {
        using var session = await _host.OpenAsync(_run);
        Task<RunOutcome> closing;
        await using (await _host.LockAsync(_run))
        {
            await session.SendAsync(Pages.Range("key-", 0, 7), flush: true);
            await _host.WaitForBlockedLoadAsync();
            closing = _host.CloseAsync(_run);
            await _host.WaitForBlockedAsync(2);
        }

        // Locks are granted in the order of asking.
        var outcome = await closing;
        Assert.Equal(7, outcome.Counts.Received);
        Assert.Equal(7L, await _host.QueryAsync<long>("SELECT count(*) FROM objects"));
    }

    [Fact]
    public async Task Words_with_a_nul_character_do_not_hinder_the_decision()
    {
        var outcome = await _host.CloseAsync(_run, Outcome.Failed, request =>
        {
            request.Error.Detail = "a\0b";
            request.Result = "\0";
        });
        Assert.Equal(("a\ufffdb", "\ufffd"), (outcome.Error.Detail, outcome.Result));
    }

    [Fact]
    public async Task Every_error_of_a_request_is_named_at_once()
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => _host.CloseAsync(_run, Outcome.Failed, request =>
        {
            request.Error = null;
            request.StartedAt = "yesterday";
        }));
        var problem = ServiceDefaults.ProblemException.FromRpc(error)!.Problem;
        Assert.Equal(("bad_close_request", StatusCode.InvalidArgument), (problem.Code, error.StatusCode));
        Assert.Equal(["error.code", "started_at"], problem.Errors!.Select(e => e.Field));
    }

    [Fact]
    public async Task The_event_is_published_once()
    {
        await using var broker = await new ConnectionFactory { Uri = new(servers.RabbitMqUri) }.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await broker.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await channel.ExchangeDeclareAsync("platform.events", "topic", durable: true, cancellationToken: TestContext.Current.CancellationToken);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: TestContext.Current.CancellationToken)).QueueName;
        await channel.QueueBindAsync(queue, "platform.events", "sync.completed.files", cancellationToken: TestContext.Current.CancellationToken);
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"), servers.RabbitMqUri);

        await host.CloseAsync(_run);
        await host.CloseAsync(_run);
        // The exchange is everybody's: other runs end at the same time.
        var published = 0;
        var started = TimeProvider.System.GetTimestamp();
        for (var left = 1L; left > 0 || published == 0;)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < EventTimeout, "the event was not published in time");
            left = await host.QueryAsync<long>("SELECT count(*) FROM outbox");
            while (await channel.BasicGetAsync(queue, autoAck: true, TestContext.Current.CancellationToken) is { } message)
                published += JsonDocument.Parse(message.Body).RootElement.GetProperty("run_id").GetGuid() == _run.RunId ? 1 : 0;
        }

        Assert.Equal(1, published);
    }
}
