using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Platform.Ingest.Purge;
using Platform.Servers;

namespace Platform.Ingest.Tests.Purge;

public sealed class PurgeTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan PurgeTimeout = TimeSpan.FromSeconds(30);

    private const int StartAttempts = 5;

    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Only_tombstones_and_rejects_whose_time_is_over_go()
    {
        await LoadAsync(_run, Pages.Range("key-", 0, 10), Pages.Encode(Pages.Object(""), Pages.Object("")));
        await DeleteAsync("key-0", "31 days");
        await DeleteAsync("key-1", "29 days");
        await _host.ExecuteAsync("UPDATE objects SET updated_at = now() - interval '1 year', created_at = updated_at WHERE remote_id = 'key-2'");
        await _host.ExecuteAsync("UPDATE rejects SET rejected_at = now() - interval '31 days' WHERE id = (SELECT min(id) FROM rejects)");
        Assert.Equal((1, 1), await PurgeAsync());
        Assert.Equal((0, 0), await PurgeAsync());
        Assert.Equal(9L, await CountAsync("objects WHERE remote_id <> 'key-0'"));
        Assert.Equal(9L, await CountAsync("objects"));
        Assert.Equal(1L, await CountAsync("rejects"));
    }

    [Fact]
    public async Task Many_go_in_transactions_of_at_most_ten_thousand()
    {
        await LoadAsync(_run, Pages.Range("key-", 0, 25_000), Pages.Encode(Enumerable.Repeat(Pages.Object(""), 25_000)));
        await DeleteAsync("%", "31 days");
        await _host.ExecuteAsync("UPDATE rejects SET rejected_at = now() - interval '31 days'");
        await _host.ExecuteAsync("CREATE TABLE deletions (rows bigint)");
        await _host.ExecuteAsync("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO deletions SELECT count(*) FROM gone; RETURN NULL; END'");
        foreach (var table in new[] { "objects", "rejects" })
            await _host.ExecuteAsync($"CREATE TRIGGER note AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note()");
        Assert.Equal((25_000, 25_000), await PurgeAsync());
        Assert.Equal("10000 10000 5000 10000 10000 5000", await _host.QueryAsync<string>("SELECT string_agg(rows::text, ' ') FROM deletions"));
        Assert.Equal(6L, await CountAsync("(SELECT DISTINCT xmin::text FROM deletions) transactions"));
    }

    [Fact]
    public async Task A_connection_that_is_being_written_to_is_left_for_the_next_time_and_does_not_hinder_others()
    {
        var other = TestRun.New();
        foreach (var run in new[] { _run, other })
            await LoadAsync(run, Pages.Range("key-", 0, 3), Pages.Encode(Pages.Object("")));
        await DeleteAsync("%", "31 days");
        await _host.ExecuteAsync("UPDATE rejects SET rejected_at = now() - interval '31 days'");
        await using (await _host.LockAsync(_run))
            Assert.Equal((3, 1), await PurgeAsync());
        Assert.Equal(3L, await CountAsync($"objects WHERE connection_id = '{_run.ConnectionId}'"));
        Assert.Equal((3, 1), await PurgeAsync());
    }

    [Fact]
    public async Task An_object_that_comes_alive_again_stays()
    {
        await LoadAsync(_run, Pages.Range("key-", 0, 3));
        await DeleteAsync("%", "31 days");
        await LoadAsync(_run.Next(), Pages.Range("key-", 1, 1));
        Assert.Equal((2, 0), await PurgeAsync());
        Assert.Equal("key-1", await _host.QueryAsync<string>("SELECT string_agg(remote_id, ' ') FROM objects"));
        Assert.Equal(1, (await LoadAsync(_run.Next().Next(), Pages.Range("key-", 0, 1)))[0].Inserted);
    }

    [Fact]
    public async Task Several_at_once_do_no_harm()
    {
        var runs = Enumerable.Range(0, 6).Select(_ => TestRun.New()).ToArray();
        foreach (var run in runs)
            await LoadAsync(run, Pages.Range("key-", 0, 2_000));
        await DeleteAsync("key-1%", "31 days");
        var due = await CountAsync("objects WHERE deleted_at IS NOT NULL");
        await using var replica = await StartAsync(_host);
        (long Tombstones, long Rejects)[] purged = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => PurgeAsync(i % 2 == 0 ? _host : replica)));
        // What one of them held while another looked is left for the next time.
        var rest = await PurgeAsync();
        Assert.Equal(due, purged.Sum(p => p.Tombstones) + rest.Tombstones);
        Assert.Equal(0L, await CountAsync("objects WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task The_service_purges_by_itself_and_goes_on_after_a_failure()
    {
        await LoadAsync(_run, Pages.Range("key-", 0, 3));
        await DeleteAsync("%", "31 days");
        await _host.ExecuteAsync("ALTER TABLE rejects RENAME TO hidden");
        await using var host = await StartAsync(_host, ("Purge:Interval", "00:00:01"));
        await WaitAsync("SELECT count(*) = 0 FROM objects");
        await _host.ExecuteAsync("ALTER TABLE hidden RENAME TO rejects");
        await LoadAsync(_run.Next(), Pages.Encode(Pages.Object("")));
        await _host.ExecuteAsync("UPDATE rejects SET rejected_at = now() - interval '31 days'");
        await WaitAsync("SELECT count(*) = 0 FROM rejects");
    }

    [Theory]
    [InlineData("Purge:DeletedAfter", "-00:00:01")]
    [InlineData("Purge:DeletedAfter", "00:00:00")]
    [InlineData("Purge:RejectedAfter", "00:00:00")]
    [InlineData("Purge:Interval", "25.00:00:00")]
    public async Task Settings_that_make_no_sense_stop_the_start(string key, string value)
    {
        var error = Assert.IsType<OptionsValidationException>(await StartErrorAsync((key, value)));
        Assert.Contains(key.Split(':')[1], error.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Why the service does not start. The factory may come too late to ask the host, which is disposed of by what stopped it: then that is all that it says,
    /// and the start is tried again.
    /// </summary>
    private async Task<Exception?> StartErrorAsync((string, string) setting)
    {
        for (var attempt = 1; ; attempt++)
            if (await Record.ExceptionAsync(async () => await (await StartAsync(null, setting)).DisposeAsync()) is var error && (error is not ObjectDisposedException || attempt == StartAttempts))
                return error;
    }

    private readonly Dictionary<IngestHost, string> _databases = [];

    private async Task<IngestHost> StartAsync(IngestHost? beside = null, params (string, string)[] settings)
    {
        var database = beside is null ? servers.PostgresConnectionString("ingest") : _databases[beside];
        var host = await IngestHost.StartAsync(database, settings: settings);
        _databases[host] = database;
        return host;
    }

    private Task<(long Tombstones, long Rejects)> PurgeAsync(IngestHost? host = null) =>
        (host ?? _host).Services.GetRequiredService<PurgeOld>().RunAsync(TestContext.Current.CancellationToken);

    private async Task<V1.Counts[]> LoadAsync(TestRun run, params byte[][] pages)
    {
        using var session = await _host.OpenAsync(run);
        var counts = new List<V1.Counts>();
        foreach (var page in pages)
            counts.Add(await session.LoadAsync(page));
        await _host.CloseAsync(run);
        return [.. counts];
    }

    private Task DeleteAsync(string keys, string ago) =>
        _host.ExecuteAsync($"UPDATE objects SET deleted_at = now() - interval '{ago}' WHERE remote_id LIKE $1", keys);

    private Task<long> CountAsync(string what) => _host.QueryAsync<long>($"SELECT count(*) FROM {what}");

    private async Task WaitAsync(string condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await _host.QueryAsync<bool>(condition))
            Assert.True(TimeProvider.System.GetElapsedTime(started) < PurgeTimeout, $"not in time: {condition}");
    }
}
