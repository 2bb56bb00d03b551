using System.Diagnostics;
using System.Net;
using Platform.Servers;

namespace Platform.Ingest.Tests.Objects;

/// <summary>What an export costs, and how it ends when it does not end by itself. Alone, as one of them measures what the process allocates.</summary>
[Collection("Alone")]
public sealed class ExportLimitsTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);

    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_large_export_passes_through_a_small_memory()
    {
        await StartAsync();
        await StoreManyAsync(300_000);
        foreach (var (format, expected) in new[] { ("ndjson", 300_000), ("csv", 300_001) })
        {
            await DrainAsync(await OpenAsync("&remote_id=first&format=" + format));
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var started = Stopwatch.GetTimestamp();
            var (bytes, lines) = await DrainAsync(await OpenAsync("&format=" + format));
            var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            TestContext.Current.TestOutputHelper?.WriteLine($"{format}: {bytes >> 20} MiB in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {allocated >> 20} MiB allocated");
            Assert.Equal(expected, lines);
            Assert.InRange(bytes, 150L << 20, 400L << 20);
            // Service and client together, garbage included.
            Assert.InRange(allocated, 0, bytes / 3);
        }
    }

    [Fact]
    public async Task Only_so_many_run_at_once_and_the_next_is_told_when_to_come_again()
    {
        await StartAsync(("Objects:Exports", "1"));
        await StoreManyAsync(10);
        var locked = await LockObjectsAsync();
        var first = OpenAsync("");
        await WaitForAsync("wait_event_type = 'Lock'", 1);
        using (var second = await _host.Http.GetAsync($"/v1/objects/export?connection={_run.Connection}", TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(10), second.Headers.RetryAfter?.Delta);
            Assert.Contains("too_many_exports", await second.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        await locked.DisposeAsync();
        Assert.Equal(10, (await DrainAsync(await first)).Lines);
        Assert.Equal(10, (await DrainAsync(await OpenOnceFreeAsync())).Lines);
    }

    [Fact]
    public async Task A_client_that_leaves_while_nothing_is_found_leaves_no_session_behind()
    {
        await StartAsync(("Objects:Exports", "1"));
        await StoreManyAsync(10);
        var locked = await LockObjectsAsync();
        using (var leave = new CancellationTokenSource())
        {
            var export = _host.Http.GetAsync($"/v1/objects/export?connection={_run.Connection}", leave.Token);
            await WaitForAsync("wait_event_type = 'Lock'", 1);
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => export);
        }

        await WaitForAsync("state = 'active'", 0);
        await locked.DisposeAsync();
        Assert.Equal(10, (await DrainAsync(await OpenOnceFreeAsync())).Lines);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_leaves_no_session_behind()
    {
        await StartAsync(("Objects:Exports", "1"));
        await StoreManyAsync(50_000);
        using (var response = await OpenAsync(""))
        {
            await ReadHeadAsync(response);
            await WaitForAsync("state = 'active'", 1);
        }

        await WaitForAsync("state = 'active'", 0);
        Assert.Equal(50_000, (await DrainAsync(await OpenOnceFreeAsync())).Lines);
    }

    [Fact]
    public async Task An_error_of_the_database_in_the_middle_does_not_look_like_an_end()
    {
        await StartAsync();
        await StoreManyAsync(50_000);
        using var response = await OpenAsync("");
        var body = await ReadHeadAsync(response);
        Assert.True(await _host.QueryAsync<bool>($"SELECT bool_and(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {OfExports} AND state = 'active'"));
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken).WaitAsync(EndsWithin, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_export_over_its_time_is_broken_off()
    {
        await StartAsync(("Objects:ExportTimeout", "00:00:02"));
        await StoreManyAsync(50_000);
        using var response = await OpenAsync("");
        var body = await ReadHeadAsync(response);
        await WaitForAsync("state = 'active'", 0);
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken).WaitAsync(EndsWithin, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_export_may_find_nothing_for_longer_than_a_command_may_take()
    {
        _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest") + ";Command Timeout=1");
        await StoreManyAsync(10);
        var locked = await LockObjectsAsync();
        var export = OpenAsync("");
        await WaitForAsync("wait_event_type = 'Lock' AND now() - query_start > '3 s'", 1);
        await locked.DisposeAsync();
        Assert.Equal(10, (await DrainAsync(await export)).Lines);
    }

    [Fact]
    public async Task A_search_over_its_time_is_a_problem()
    {
        await StartAsync(("Objects:ExportTimeout", "00:00:00.200"), ("Objects:SearchTimeout", "00:00:00.200"));
        await StoreManyAsync(10);
        await using var locked = await LockObjectsAsync();
        Assert.Equal((503, "export_timeout", ""), await _host.ProblemAsync($"/v1/objects/export?connection={_run.Connection}"));
        foreach (var search in new[] { "text=x", "path=$", "since=0", "prefix=x" })
            Assert.Equal((503, "search_timeout", ""), await _host.ProblemAsync($"/v1/objects?connection={_run.Connection}&{search}"));
        await WaitForAsync("state = 'active'", 0);
    }

    private const string OfExports = $"datname = current_database() AND application_name <> '{IngestHost.TestApplication}' AND query LIKE '%FROM connections c%'";

    private async Task StartAsync(params (string Key, string Value)[] settings) =>
        _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"), settings: settings);

    private async Task StoreManyAsync(int rows)
    {
        await _host.StoreConnectionAsync(_run);
        await _host.ExecuteAsync(
            """
            INSERT INTO objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, ordinal, is_json, change_seq)
            SELECT $1, '', to_char(i, 'FM0000000'), 'file', 'file:///' || i, '{"padding": "' || repeat('0123456789', 50) || '"}', decode(md5(''), 'hex'), i, true, i
            FROM generate_series(1, $2) i
            """, _run.ConnectionId, rows);
    }

    private async Task<HttpResponseMessage> OpenAsync(string query)
    {
        var response = await RequestAsync(query);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response;
    }

    /// <summary>The place of an export that has ended is free a moment after its session is.</summary>
    private async Task<HttpResponseMessage> OpenOnceFreeAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var response = await RequestAsync("");
            if (response.IsSuccessStatusCode)
                return response;
            Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.True(Stopwatch.GetElapsedTime(started) < GoneWithin, $"no export began within {GoneWithin}");
        }
    }

    private Task<HttpResponseMessage> RequestAsync(string query) => _host.Http.GetAsync(
        $"/v1/objects/export?connection={_run.Connection}{query}", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    private static async Task<Stream> ReadHeadAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await body.ReadExactlyAsync(new byte[1000], TestContext.Current.CancellationToken);
        return body;
    }

    private static async Task<(long Bytes, long Lines)> DrainAsync(HttpResponseMessage response)
    {
        using var _ = response;
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var (buffer, bytes, lines) = (new byte[64 << 10], 0L, 0L);
        while (await body.ReadAsync(buffer, TestContext.Current.CancellationToken) is var read and > 0)
        {
            bytes += read;
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return (bytes, lines);
    }

    /// <summary>Nobody reads a row until this is disposed.</summary>
    private async Task<IAsyncDisposable> LockObjectsAsync()
    {
        var connection = await _host.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE objects", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private async Task WaitForAsync(string condition, long sessions)
    {
        var started = Stopwatch.GetTimestamp();
        while (await _host.QueryAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE {OfExports} AND {condition}") != sessions)
            if (Stopwatch.GetElapsedTime(started) > GoneWithin)
                throw new TimeoutException($"There were not {sessions} exports with {condition} within {GoneWithin}.");
    }
}

/// <summary>Not beside other tests.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;
