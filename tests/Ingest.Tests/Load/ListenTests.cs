using System.Net;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Servers;

namespace Platform.Ingest.Tests.Load;

/// <summary>Runs that listen write beside the connection's sync, under fences of their own.</summary>
public sealed class ListenTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_sync_and_a_run_that_listens_write_at_the_same_time_and_change_seq_rises_over_both()
    {
        using var sync = await _host.OpenAsync(_run);
        using var listen = await _host.OpenAsync(_run.Listening());
        for (var i = 0; i < 3; i++)
        {
            await sync.LoadAsync(Pages.Range("key-", i, 1), "listed");
            await listen.LoadAsync(Pages.Range("key-", i, 1), "heard");
        }

        Assert.Equal(
            "listed heard listed heard listed heard",
            await _host.QueryAsync<string>("SELECT string_agg(stream, ' ' ORDER BY change_seq) FROM objects WHERE connection_id = $1", _run.ConnectionId));
        Assert.Equal(6L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects WHERE connection_id = $1", _run.ConnectionId));
    }

    [Fact]
    public async Task Fences_are_compared_within_a_kind()
    {
        var listening = _run.Listening(fence: 5);
        using var sync = await _host.OpenAsync(_run);
        using var old = await _host.OpenAsync(listening);
        using var young = await _host.OpenAsync(listening with { Fence = 6 });

        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await old.FailureAsync());
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.OpenAsync(_run.Listening(fence: 4))));
        Assert.Equal(1, (await young.LoadAsync(Pages.Range("key-", 0, 1), "heard")).Inserted);
        Assert.Equal(1, (await sync.LoadAsync(Pages.Range("key-", 0, 1), "listed")).Inserted);
    }

    [Fact]
    public async Task A_full_listing_sweeps_as_ever_while_another_run_listens_and_what_was_heard_meanwhile_stays()
    {
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Range("key-", 0, 4), "s");
        await _host.CloseAsync(_run);
        var next = _run.Next();
        using var sync = await _host.OpenAsync(next, startOver: true);
        await sync.LoadAsync(Pages.Range("key-", 0, 3), "s");
        var listening = _run.Listening();
        using var listen = await _host.OpenAsync(listening);
        await listen.LoadAsync(Pages.Range("heard-", 0, 1), "s");
        await listen.LoadAsync(Pages.Range("key-", 0, 1), "s");
        await sync.EndAsync();

        var outcome = await _host.CloseAsync(next, change: request => request.CompleteStreams.Add("s"));
        Assert.Equal(1, outcome.Counts.Swept);
        Assert.Equal("key-3", await _host.QueryAsync<string>("SELECT remote_id FROM objects WHERE connection_id = $1 AND deleted_at IS NOT NULL", _run.ConnectionId));
    }

    [Fact]
    public async Task Its_end_is_no_sync_event_and_it_can_claim_no_listing()
    {
        var listening = _run.Listening();
        using (var listen = await _host.OpenAsync(listening))
            await listen.LoadAsync(Pages.Range("key-", 0, 1), "heard");
        Assert.Equal(
            (StatusCode.InvalidArgument, "bad_close_request"),
            await Failure.OfAsync(() => _host.CloseAsync(listening, change: request => request.CompleteStreams.Add("heard"))));

        var outcome = await _host.CloseAsync(listening, Outcome.Cancelled);
        Assert.Equal(1, outcome.Counts.Inserted);
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM outbox WHERE source = $1", $"/ingest/runs/{listening.RunId}"));
    }

    [Fact]
    public async Task States_can_be_changed_while_a_run_listens_and_not_while_one_syncs()
    {
        _host.Http.DefaultRequestHeaders.Remove(ServiceDefaults.Scopes.Header);
        _host.Http.DefaultRequestHeaders.Add(ServiceDefaults.Scopes.Header, "objects:read objects:write");
        using var listen = await _host.OpenAsync(_run.Listening());
        Assert.Equal(HttpStatusCode.OK, await ResetAsync());
        using var sync = await _host.OpenAsync(_run);
        Assert.Equal(HttpStatusCode.Conflict, await ResetAsync());
    }

    private async Task<HttpStatusCode> ResetAsync()
    {
        using var reply = await _host.Http.DeleteAsync($"/v1/connections/{_run.Connection}/state", TestContext.Current.CancellationToken);
        return reply.StatusCode;
    }
}
