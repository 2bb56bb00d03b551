using System.Text.Json;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Platform.Ingest.V1;
using Platform.Ndc;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Ndc.Sync;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using Platform.Runner.Tests.Proof;
using Platform.Servers;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Runner.Tests.Ndc;

/// <summary>The real Ingest over a database of its own.</summary>
public sealed class CursorIngest(ServersFixture servers) : IAsyncLifetime
{
    private readonly HttpClient http = new() { DefaultRequestHeaders = { { "X-Platform-Secret", RunnerProcess.Secret } } };
    private IngestProcess process = null!;
    private GrpcChannel channel = null!;

    internal NpgsqlDataSource Database { get; private set; } = null!;

    internal IngestClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var database = servers.PostgresConnectionString("ingest");
        Database = NpgsqlDataSource.Create(database);
        process = await IngestProcess.StartAsync(database, servers.RabbitMqUri);
        channel = GrpcChannel.ForAddress(process.Address, new() { HttpClient = http });
        Client = new(channel);
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        http.Dispose();
        await Database.DisposeAsync();
        await process.DisposeAsync();
    }
}

/// <summary>Streams with a cursor: what each run reads, stores and deletes, with the real Ingest.</summary>
public sealed class CursorTests(CursorIngest ingest) : IClassFixture<CursorIngest>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly CursorSource source = new();
    private readonly string connection = Guid.CreateVersion7().ToString();
    private readonly CollectedLog log = new();
    private string? cursor = "rev";
    private int pageRows = 2;
    private long fence;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_run_lists_everything_and_later_ones_ask_for_what_has_changed_and_delete_nothing()
    {
        Put(1, 2, 3, 4, 5);
        Assert.True(IsComplete(await RunAsync()));
        Assert.Equal("""{"key":["id"],"after":[5],"cursor":"rev","value":6,"done":true}""", await StateAsync());

        Put(2, 6);
        source.Remove(3);
        source.Queries.Clear();
        var second = await RunAsync();

        Assert.Equal((false, 3, 1, 1, 1, 0), (IsComplete(second), second.Counts.Received, second.Counts.Inserted, second.Counts.Updated, second.Counts.Unchanged, second.Counts.Swept));
        Assert.Equal(["1", "2", "3", "4", "5", "6"], (await ThereAsync()).Keys);
        Assert.Equal("""{"key":["id"],"cursor":"rev","value":8,"done":true}""", await StateAsync());
        Assert.Equal(4, source.Queries.Count);
        Assert.Contains("what has changed is read, by rev", log.Text, StringComparison.Ordinal);

        // Nothing new: the largest value again, which one more could have.
        Assert.Equal((1, 1), (await RunAsync()).Counts is var counts ? (counts.Received, counts.Unchanged) : default);
        var full = await RunAsync(fromStart: true);
        Assert.Equal((true, 5, 1), (IsComplete(full), full.Counts.Received, full.Counts.Swept));
        Assert.Equal(["1", "2", "4", "5", "6"], (await ThereAsync()).Keys);
    }

    [Fact]
    public async Task What_changes_while_rows_are_listed_is_read_by_the_next_run()
    {
        Put(1, 2, 3, 4, 5);
        // Behind the place that the listing has come to, while what is ahead of it gets a higher value.
        source.OnQuery = n => { if (n == 3) Put(1, 5); };
        await RunAsync();
        source.OnQuery = _ => { };
        Assert.NotEqual(Source(), await ThereAsync());

        await RunAsync();
        Assert.Equal(Source(), await ThereAsync());
    }

    [Fact]
    public async Task A_row_that_comes_late_with_the_largest_value_is_not_missed()
    {
        Put(5, 6);
        await RunAsync();
        source.Put(1, later: false);
        await RunAsync();
        Assert.Equal(Source(), await ThereAsync());

        // Between two pages, with a value that is passed by then, as another row has a larger one.
        source.Queries.Clear();
        source.OnQuery = n =>
        {
            if (n != 3) return;
            source.Put(2, later: false);
            source.Put(7);
        };
        await RunAsync();
        source.OnQuery = _ => { };
        await RunAsync();
        Assert.Equal(Source(), await ThereAsync());
    }

    [Fact]
    public async Task An_attempt_goes_on_where_the_one_before_broke_off()
    {
        Put(1, 2, 3, 4, 5, 6);
        await RunAsync(failing: 4);
        Assert.Equal(6, (await ThereAsync()).Count);
        Put(1, 2, 3, 4, 5, 6);
        source.Queries.Clear();

        // The largest one is asked for, two pages come, and not the third. What follows it, and once more the row with what was the largest then.
        var run = await RunAsync(failing: 4);

        Assert.Equal((6 + 1, false), (run.Counts.Received, IsComplete(run)));
        Assert.Equal(Source(), await ThereAsync());
        Assert.Contains("""{"type":"and",""", source.Queries[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listed_by_two_attempts_it_is_complete_all_the_same_and_what_is_gone_goes()
    {
        Put(1, 2, 3, 4, 5, 6);
        await RunAsync();
        source.Remove(2);
        source.Remove(5);
        source.Queries.Clear();
        var run = await RunAsync(fromStart: false, failing: 4, forget: true);
        Assert.Equal((true, 2, 4), (IsComplete(run), run.Counts.Swept, run.Counts.Received));
        Assert.Equal(Source(), await ThereAsync());
    }

    [Fact]
    public async Task Another_cursor_or_none_begins_anew_and_so_does_a_listing_that_no_run_has_ended()
    {
        Put(1, 2, 3);
        await RunAsync();
        cursor = "id";
        Assert.True(IsComplete(await RunAsync()));
        // Its own key: one column orders and tells apart.
        Put(4);
        source.Remove(1);
        Assert.Equal((false, 2), (await RunAsync()) is var run ? (IsComplete(run), run.Counts.Received) : default);
        cursor = null;
        Assert.Equal((true, 1), (await RunAsync()) is var whole ? (IsComplete(whole), whole.Counts.Swept) : default);
        cursor = "rev";
        source.Queries.Clear();
        await Assert.ThrowsAsync<NdcException>(() => RunAsync(failing: 3, attempts: 1));
        Assert.Equal("""{"key":["id"],"after":[3],"cursor":"rev","value":5,"done":false}""", await StateAsync());
        Assert.True(IsComplete(await RunAsync()));
    }

    [Fact]
    public async Task A_value_that_is_told_less_exactly_than_it_is_compared_is_noticed()
    {
        Put(1);
        await RunAsync();
        source.Coarse = true;
        Put(2, 3, 4);
        var fault = await Assert.ThrowsAsync<NdcException>(() => RunAsync(attempts: 1));
        Assert.Contains("less exactly than it compares it", fault.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cursor_that_the_stream_can_not_be_read_by_is_told_with_those_that_it_can()
    {
        cursor = "text";
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => RunAsync())).Fault;
        Assert.Equal(("unknown_cursor", "The stream rows can't be read by text; it can be by id, rev."), (fault.Code, fault.Message));
        Assert.False(fault.Transient);
    }

    /// <summary>
    /// Whatever changes and fails, and when: what has risen before a run is there after it, and nothing that is at the source is deleted by it. A run that has
    /// listed everything has deleted what was gone before it.
    /// </summary>
    [Theory]
    [InlineData(1, 40)]
    [InlineData(1000, 40)]
    public async Task No_order_of_changes_runs_and_failures_misses_or_deletes_anything(int firstSeed, int seeds)
    {
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            var one = new CursorTests(ingest);
            await one.TryAsync(new Random(seed), seed);
        }
    }

    private async Task TryAsync(Random random, int seed)
    {
        for (var i = 0; i < 12; i++)
            Change(random);
        for (var run = 0; run < 7; run++)
        {
            var ids = source.Rows.Keys.ToHashSet();
            source.Touched.Clear();
            source.Deleted.Clear();
            pageRows = random.Next(1, 5);
            source.OnQuery = _ =>
            {
                for (var changes = random.Next(5) - 2; changes > 0; changes--)
                    Change(random);
                if (random.Next(12) == 0)
                    throw new HttpRequestException("broken");
            };
            RunOutcome? outcome = null;
            try
            {
                outcome = await RunAsync(fromStart: random.Next(6) == 0, attempts: 3);
            }
            catch (NdcException)
            {
                // Failed for good: it must have deleted nothing, and the next one makes it good.
            }

            source.OnQuery = _ => { };
            var there = await ThereAsync();
            var what = $"seed {seed}, run {run}";
            foreach (var (id, row) in Source())
            {
                var number = int.Parse(id);
                if (outcome is not null && !source.Touched.Contains(number))
                    Assert.True(there.GetValueOrDefault(id) == row, $"{what}: {id} is {row} at the source and {there.GetValueOrDefault(id)} here.");
                if (outcome is not null && ids.Contains(number) && !source.Deleted.Contains(number))
                    Assert.True(there.ContainsKey(id), $"{what}: {id} was there all the time and is deleted here.");
            }

            if (outcome is not null && IsComplete(outcome))
                Assert.All(there.Keys, id => Assert.True(ids.Contains(int.Parse(id)) || source.Touched.Contains(int.Parse(id)), $"{what}: {id} was gone before, and is still here."));
            else
                Assert.True((outcome?.Counts.Swept ?? 0) == 0, $"{what}: it has not listed everything, and deleted.");
            for (var i = random.Next(4); i > 0; i--)
                Change(random);
        }
    }

    private void Change(Random random)
    {
        var id = random.Next(1, 25);
        if (random.Next(4) == 0)
            source.Remove(id);
        else
            source.Put(id, later: random.Next(2) == 0);
    }

    private void Put(params int[] ids) => Array.ForEach(ids, id => source.Put(id));

    private SortedDictionary<string, string> Source() => new(source.Rows.ToDictionary(r => $"{r.Key}", CursorSource.Json), StringComparer.Ordinal);

    private static bool IsComplete(RunOutcome run) => run.CompleteStreams.Contains(CursorSource.Collection);

    /// <summary>As a Runner does it: attempts of one run, then its decision.</summary>
    /// <param name="failing">The query that fails, counted from the last time they were forgotten; 0: none.</param>
    /// <param name="forget">What the stream's state was before the run is forgotten.</param>
    private async Task<RunOutcome> RunAsync(bool fromStart = false, int failing = 0, int attempts = 2, bool forget = false)
    {
        if (forget)
            await ExecuteAsync("DELETE FROM states WHERE connection_id = $1");
        if (failing > 0)
            source.OnQuery = n =>
            {
                if (n != failing) return;
                source.OnQuery = _ => { };
                throw new HttpRequestException("broken");
            };
        var run = new RunIdentity { RunId = Guid.CreateVersion7().ToString(), ConnectionId = connection, Connection = connection, Connector = "source" };
        for (var attempt = 1; ; attempt++)
        {
            run.Fence = ++fence;
            PageLoad? pages = null;
            try
            {
                var work = new SyncWork(Launch(), "{}", OpenAsync, _ => { }, Limit)
                {
                    FromStart = fromStart,
                    Cursors = cursor is null ? new Dictionary<string, string>() : new() { [CursorSource.Collection] = cursor },
                };
                var end = await new CollectionSync(work, CursorSource.Schema, false, pageRows, source.Client).RunAsync(Cancel).WaitAsync(Limit, Cancel);
                return await ingest.Client.CloseAsync(new() { Run = run, Outcome = Outcome.Succeeded, CompleteStreams = { end.CompleteStreams } }, cancellationToken: Cancel);
            }
            catch (NdcException) when (attempt < attempts)
            {
                // The next attempt goes on.
            }
            catch (NdcException)
            {
                await ingest.Client.CloseAsync(new() { Run = run, Outcome = Outcome.Failed, Error = new() { Code = "x", Message = "x" } }, cancellationToken: Cancel);
                throw;
            }
            finally
            {
                pages?.Dispose();
            }

            async Task<PageLoad> OpenAsync(bool startsOver) =>
                pages = await PageLoad.OpenAsync(ingest.Client, new Open { Run = run.Clone(), StartOver = startsOver }, CancellationToken.None);
        }
    }

    private ConnectorLaunch Launch() => new("source", "/", "", new(256, 64, Limit), new(log, null, "source", new OptionMask("")));

    private async Task<SortedDictionary<string, string>> ThereAsync()
    {
        var there = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await using var command = ingest.Database.CreateCommand("SELECT remote_id, metadata FROM objects WHERE connection_id = $1 AND deleted_at IS NULL");
        command.Parameters.Add(new() { Value = Guid.Parse(connection) });
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        while (await reader.ReadAsync(Cancel))
            there.Add(reader.GetString(0), reader.GetString(1));
        return there;
    }

    private async Task<string> StateAsync() => System.Text.Encoding.UTF8.GetString((byte[])(await ExecuteAsync("SELECT state FROM states WHERE connection_id = $1"))!);

    private async Task<object?> ExecuteAsync(string sql)
    {
        await using var command = ingest.Database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = Guid.Parse(connection) });
        return await command.ExecuteScalarAsync(Cancel);
    }
}
