using System.Text.Json;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Close;

public sealed class SweepTests(ServersFixture servers) : IAsyncLifetime
{
    private TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_a_complete_run_does_not_send_is_deleted_and_nothing_else_is_touched()
    {
        await ListAsync(Pages.Range("key-", 0, 10));
        var before = await RowsAsync();
        var outcome = await ListAsync(Pages.Range("key-", 3, 9));
        Assert.Equal(new Counts { Received = 9, Inserted = 2, Unchanged = 7, Swept = 3 }, outcome.Counts);
        Assert.Empty(outcome.Warnings);
        Assert.Equal(["key-0", "key-1", "key-2"], await DeletedAsync());
        var after = await RowsAsync();
        foreach (var unchanged in Enumerable.Range(3, 7).Select(i => $"key-{i}"))
            Assert.Equal(before[unchanged], after[unchanged]);
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM seen"));
    }

    [Fact]
    public async Task A_swept_object_that_comes_back_is_restored()
    {
        await ListAsync(Pages.Range("key-", 0, 4));
        await ListAsync(Pages.Range("key-", 0, 3));
        var outcome = await ListAsync(Pages.Range("key-", 0, 4));
        Assert.Equal(new Counts { Received = 4, Unchanged = 3, Updated = 1 }, outcome.Counts);
        Assert.Empty(await DeletedAsync());
    }

    [Theory]
    [InlineData(Outcome.Failed)]
    [InlineData(Outcome.Cancelled)]
    public async Task A_run_that_does_not_succeed_deletes_nothing_although_it_listed_everything(Outcome outcome)
    {
        await ListAsync(Pages.Range("key-", 0, 10));
        var closed = await ListAsync(Pages.Range("key-", 0, 8), outcome);
        Assert.Equal(0, closed.Counts.Swept);
        Assert.Empty(await DeletedAsync());
    }

    [Fact]
    public async Task Only_streams_that_are_complete_are_swept()
    {
        using (var session = await _host.OpenAsync(_run))
        {
            await session.LoadAsync(Pages.Range("key-", 0, 5), "a");
            await session.LoadAsync(Pages.Range("key-", 0, 5), "b");
        }

        await _host.CloseAsync(_run);
        _run = _run.Next();
        using (var session = await _host.OpenAsync(_run))
        {
            await session.LoadAsync(Pages.Range("key-", 0, 4), "a");
            await session.LoadAsync(Pages.Range("key-", 0, 4), "b");
        }

        var outcome = await _host.CloseAsync(_run, change: request => request.CompleteStreams.Add("b"));
        Assert.Equal(1, outcome.Counts.Swept);
        Assert.Equal("b", await _host.QueryAsync<string>("SELECT stream FROM objects WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task Only_the_run_that_saved_a_state_in_a_listing_may_go_on_with_it_and_no_longer_once_it_has_started_over()
    {
        using (var first = await _host.OpenAsync(_run))
        {
            Assert.Empty(first.Continuable);
            await first.LoadAsync(Pages.Range("key-", 0, 3), "a", state: "a", listing: true);
            await first.LoadAsync(Pages.Range("key-", 0, 3), "b", state: "b");
            // The same bytes: an incremental stream has reached them too, but whoever goes on from there doesn't list.
            await first.LoadAsync(Pages.Encode(), "c", state: "c", listing: true);
            await first.LoadAsync(Pages.Encode(), "c", state: "c");
        }

        using (var second = await _host.OpenAsync(_run = _run.Again()))
            Assert.Equal(["a"], second.Continuable);
        using (var over = await _host.OpenAsync(_run = _run.Again(), startOver: true))
            Assert.Empty(over.Continuable);
        using (var third = await _host.OpenAsync(_run = _run.Again()))
        {
            Assert.Empty(third.Continuable);
            await third.LoadAsync(Pages.Encode(), "a", state: "a", listing: true);
        }

        using (var fourth = await _host.OpenAsync(_run = _run.Again()))
            Assert.Equal(["a"], fourth.Continuable);
        await _host.CloseAsync(_run, Outcome.Failed);
        using var next = await _host.OpenAsync(_run.Next());
        Assert.Empty(next.Continuable);
        Assert.Equal(3, next.States.Count);
    }

    [Fact]
    public async Task An_attempt_that_goes_on_keeps_what_the_one_before_has_seen_and_one_that_starts_over_does_not()
    {
        await ListAsync(Pages.Range("key-", 0, 6));
        _run = _run.Next();
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Range("key-", 0, 3));
        _run = _run.Again();
        using (var second = await _host.OpenAsync(_run))
            await second.LoadAsync(Pages.Range("key-", 3, 2));
        Assert.Equal(1, (await CloseCompleteAsync()).Counts.Swept);
        Assert.Equal(["key-5"], await DeletedAsync());

        _run = _run.Next();
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Encode(Pages.Object("key-0"), Pages.Object("key-1"), Pages.Object("new")));
        _run = _run.Again();
        using (var second = await _host.OpenAsync(_run, startOver: true))
            await second.LoadAsync(Pages.Range("key-", 1, 4));
        Assert.Equal(2, (await CloseCompleteAsync()).Counts.Swept);
        Assert.Equal(["key-0", "key-5", "new"], await DeletedAsync());
    }

    [Fact]
    public async Task A_reject_with_a_readable_key_counts_as_seen()
    {
        await ListAsync(Pages.Range("key-", 0, 3));
        var outcome = await ListAsync(Pages.Encode(Pages.Object("key-0"), Pages.Object("key-1", "a\0b")));
        Assert.Equal(new Counts { Received = 2, Unchanged = 1, Rejected = 1, Swept = 1 }, outcome.Counts);
        Assert.Equal(["key-2"], await DeletedAsync());
    }

    [Fact]
    public async Task A_reject_without_a_readable_key_stops_the_sweep_of_its_stream()
    {
        await ListAsync(Pages.Range("key-", 0, 3));
        var outcome = await ListAsync(Pages.Encode(Pages.Object("key-0"), Pages.Object("")));
        Assert.Equal(0, outcome.Counts.Swept);
        Assert.Equal("sweep_skipped", Assert.Single(outcome.Warnings).Code);
        Assert.Empty(await DeletedAsync());
        Assert.Equal((StatusCode.FailedPrecondition, "nothing_to_sweep"), await Failure.OfAsync(() => SweepAsync()));
    }

    [Theory]
    [InlineData(101, 50, null, true)]
    [InlineData(101, 51, null, false)]
    [InlineData(100, 0, null, false)]
    [InlineData(200, 190, 0.01, true)]
    [InlineData(200, 0, 1.0, false)]
    public async Task A_sweep_of_too_much_is_held_back(int objects, int seen, double? fraction, bool held)
    {
        await ListAsync(Pages.Range("key-", 0, objects));
        var outcome = await ListAsync(Pages.Range("key-", 0, seen), change: request =>
        {
            if (fraction is { } limit)
                request.MaxDeleteFraction = limit;
        });
        Assert.Equal(Outcome.Succeeded, outcome.Outcome);
        Assert.Equal(held ? ["delete_guard"] : [], outcome.Warnings.Select(warning => warning.Code));
        Assert.Equal(held ? 0 : objects - seen, outcome.Counts.Swept);
        Assert.Equal(held ? 0 : objects - seen, (await DeletedAsync()).Length);
    }

    [Fact]
    public async Task A_sweep_that_is_held_back_is_carried_out_once_confirmed_and_only_once()
    {
        await ListAsync(Pages.Range("key-", 0, 150));
        await ListAsync(Pages.Range("key-", 100, 60), change: request => request.NotifyChanges = true);
        var outcome = await SweepAsync();
        Assert.Equal(new Counts { Received = 60, Inserted = 10, Unchanged = 50, Swept = 100 }, outcome.Counts);
        Assert.Empty(outcome.Warnings);
        Assert.Equal(100, (await DeletedAsync()).Length);
        Assert.Equal(outcome, await SweepAsync());
        Assert.Equal(outcome, await _host.OutcomeAsync(_run));

        var swept = JsonDocument.Parse(await _host.QueryAsync<string>("SELECT body FROM outbox WHERE type = 'sync.swept'")).RootElement;
        Assert.Equal(_run.RunId, swept.GetProperty("run_id").GetGuid());
        Assert.Equal(100, swept.GetProperty("counts").GetProperty("swept").GetInt64());
        Assert.Equal(100L, await _host.QueryAsync<long>(
            "SELECT count(*) FROM outbox, jsonb_array_elements(body::jsonb->'changes') c WHERE type = 'objects.changed' AND c->>'change' = 'deleted'"));
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM seen"));
        Assert.Equal(
            await _host.QueryAsync<long>("SELECT count(*) FROM objects WHERE change_seq > 0"), await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects"));
    }

    [Fact]
    public async Task A_sweep_is_refused_once_another_run_has_opened()
    {
        await ListAsync(Pages.Range("key-", 0, 150));
        await ListAsync(Pages.Range("key-", 0, 1));
        var held = _run;
        _run = _run.Next();
        using (await _host.OpenAsync(_run))
            Assert.Equal((StatusCode.FailedPrecondition, "sweep_superseded"), await Failure.OfAsync(() => SweepAsync(held)));
        await _host.CloseAsync(_run, Outcome.Failed);
        Assert.Equal((StatusCode.FailedPrecondition, "sweep_superseded"), await Failure.OfAsync(() => SweepAsync(held)));
        Assert.Empty(await DeletedAsync());
    }

    [Fact]
    public async Task A_run_that_another_has_overtaken_can_start_over_but_not_go_on()
    {
        await ListAsync(Pages.Range("key-", 0, 4));
        var overtaken = _run.Next();
        using (var first = await _host.OpenAsync(overtaken))
            await first.LoadAsync(Pages.Range("key-", 0, 4));
        var other = overtaken.Next();
        using (await _host.OpenAsync(other))
            Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.OpenAsync(overtaken)));
        await _host.CloseAsync(other, Outcome.Failed);

        // What it had seen is forgotten: going on, it would delete all of it.
        _run = overtaken.Again();
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.OpenAsync(_run)));
        using (var again = await _host.OpenAsync(_run, startOver: true))
            await again.LoadAsync(Pages.Range("key-", 0, 3));
        Assert.Equal(1, (await CloseCompleteAsync()).Counts.Swept);
        Assert.Equal(["key-3"], await DeletedAsync());
    }

    [Fact]
    public async Task A_run_that_closes_without_having_opened_leaves_a_sweep_that_waits_alone()
    {
        await ListAsync(Pages.Range("key-", 0, 150));
        await ListAsync(Pages.Range("key-", 0, 1));
        await _host.CloseAsync(_run.Next(), Outcome.Succeeded, request => request.CompleteStreams.Add(""));
        Assert.Equal(149, (await SweepAsync()).Counts.Swept);
    }

    [Fact]
    public async Task Only_runs_that_exist_can_be_swept() =>
        Assert.Equal((StatusCode.NotFound, "unknown_run"), await Failure.OfAsync(() => SweepAsync(TestRun.New())));

    [Fact]
    public async Task A_sweep_of_more_than_a_page_deletes_all_of_it_with_numbers_of_their_own()
    {
        await ListAsync(Pages.Range("key-", 0, 25_000));
        var outcome = await ListAsync(Pages.Range("key-", 0, 1), change: request => request.MaxDeleteFraction = 1);
        Assert.Equal(24_999, outcome.Counts.Swept);
        Assert.Equal(24_999L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects WHERE deleted_at IS NOT NULL"));
        Assert.True(await _host.QueryAsync<bool>("SELECT (SELECT change_seq FROM connections) = (SELECT max(change_seq) FROM objects)"));
    }

    private async Task<RunOutcome> ListAsync(byte[] page, Outcome outcome = Outcome.Succeeded, Action<CloseRequest>? change = null)
    {
        _run = _run.Next();
        using (var session = await _host.OpenAsync(_run))
            await session.LoadAsync(page);
        return await CloseCompleteAsync(outcome, change);
    }

    private Task<RunOutcome> CloseCompleteAsync(Outcome outcome = Outcome.Succeeded, Action<CloseRequest>? change = null) =>
        _host.CloseAsync(_run, outcome, request =>
        {
            request.CompleteStreams.Add("");
            change?.Invoke(request);
        });

    private async Task<RunOutcome> SweepAsync(TestRun? run = null) => await _host.Ingest.SweepAsync(
        new() { RunId = (run ?? _run).RunId.ToString() }, IngestHost.Headers, cancellationToken: TestContext.Current.CancellationToken);

    private Task<string[]> DeletedAsync() => _host.QueryAsync<string[]>(
        "SELECT coalesce(array_agg(remote_id::text ORDER BY remote_id), '{}') FROM objects WHERE deleted_at IS NOT NULL");

    private async Task<Dictionary<string, string>> RowsAsync() =>
        (await _host.QueryAsync<string[]>("SELECT array_agg(concat_ws(' ', remote_id, ctid, xmin, xmax, change_seq, updated_at)) FROM objects"))
        .ToDictionary(row => row[..row.IndexOf(' ')]);
}
