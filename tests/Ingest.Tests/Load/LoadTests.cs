using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Servers;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Load;

public sealed class LoadTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task New_objects_are_inserted_and_every_page_is_acknowledged_in_order()
    {
        using var session = await _host.OpenAsync(_run);
        for (var page = 0; page < 30; page++)
            await session.SendAsync(Pages.Range("key-", page * 100, 100));
        await session.CompleteAsync();
        for (var page = 1UL; page <= 30; page++)
            Assert.Equal(new Counts { Received = 100, Inserted = 100 }, await session.AckAsync(page));
        await session.EndAsync();

        Assert.Equal(3000L, await _host.QueryAsync<long>("SELECT count(*) FROM objects WHERE connection_id = $1", _run.ConnectionId));
        Assert.Equal(3000L, await _host.QueryAsync<long>("SELECT received FROM run_counts WHERE run_id = $1", _run.RunId));
    }

    [Fact]
    public async Task Objects_that_are_there_already_rewrite_no_row()
    {
        using (var first = await _host.OpenAsync(_run))
            await first.LoadAsync(Pages.Range("key-", 0, 500));
        var before = await SnapshotAsync();

        using var second = await _host.OpenAsync(_run.Next());
        Assert.Equal(new Counts { Received = 500, Unchanged = 500 }, await second.LoadAsync(Pages.Range("key-", 0, 500)));
        Assert.Equal(before, await SnapshotAsync());
    }

    [Fact]
    public async Task Only_what_differs_is_written()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 100));
        var before = await SnapshotAsync();
        var mixed = Pages.Encode(Enumerable.Range(50, 100).Select(i => Pages.Object($"key-{i}", i < 60 ? "{\"new\":1}" : "{}")));
        Assert.Equal(new Counts { Received = 100, Inserted = 50, Updated = 10, Unchanged = 40 }, await session.LoadAsync(mixed));
        Assert.Equal(90, before.Intersect(await SnapshotAsync()).Count());
        Assert.Equal(10L, await _host.QueryAsync<long>("SELECT count(*) FROM objects WHERE metadata = '{\"new\":1}'"));
    }

    [Fact]
    public async Task Text_that_moves_from_one_field_to_the_next_is_a_change()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Encode(new PageObject { RemoteId = Text("a"), ResourceName = Text("xy"), Uri = Text("z") }));
        var moved = Pages.Encode(new PageObject { RemoteId = Text("a"), ResourceName = Text("x"), Uri = Text("yz") });
        Assert.Equal(1, (await session.LoadAsync(moved)).Updated);
    }

    [Fact]
    public async Task Of_equal_keys_in_a_page_the_last_wins()
    {
        using var session = await _host.OpenAsync(_run);
        var counts = await session.LoadAsync(Pages.Encode(Pages.Object("a", "1"), Pages.Object("b", "1"), Pages.Object("a", "2")));
        Assert.Equal(new Counts { Received = 3, Inserted = 2, Superseded = 1 }, counts);
        Assert.Equal("2", await _host.QueryAsync<string>("SELECT metadata FROM objects WHERE remote_id = 'a'"));
    }

    [Fact]
    public async Task Pages_that_do_not_wait_share_a_transaction()
    {
        using var session = await _host.OpenAsync(_run);
        // While the connection's row is locked nothing is written, so these pages are all there when it becomes free.
        await using (var blocker = await _host.LockAsync(_run))
        {
            for (var page = 0; page < 10; page++)
                await session.SendAsync(Pages.Range($"page-{page}-", 0, 5));
            await session.CompleteAsync();
            await _host.WaitForBlockedLoadAsync();
        }

        for (var page = 1UL; page <= 10; page++)
            Assert.Equal(5, (await session.AckAsync(page)).Inserted);
        Assert.InRange(await _host.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM objects"), 1, 5);
    }

    [Fact]
    public async Task A_deleted_object_that_is_seen_again_counts_as_updated()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 3));
        await _host.ExecuteAsync("UPDATE objects SET deleted_at = now() WHERE remote_id = 'key-1'");
        Assert.Equal(new Counts { Received = 3, Updated = 1, Unchanged = 2 }, await session.LoadAsync(Pages.Range("key-", 0, 3)));
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM objects WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task Every_change_gets_a_higher_number_within_its_connection()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 20));
        var first = await _host.QueryAsync<long>("SELECT max(change_seq) FROM objects");
        await session.LoadAsync(Pages.Range("key-", 10, 20, "{\"v\":2}"));
        Assert.Equal(20L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects WHERE change_seq > $1", first));
        Assert.Equal(30L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects"));
    }

    [Fact]
    public async Task Text_comes_back_byte_for_byte()
    {
        var metadata = "{ \"a\" : 1,\r\n \"a\":2, \"é\":\"\\u0000 \ud83d\ude00\", \"e\u0301\": \ufeff }\u0001\u007f\u2028";
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Encode(Pages.Object("ключ/ü €", metadata)));
        Assert.Equal(Encoding.UTF8.GetBytes(metadata), await _host.QueryAsync<byte[]>("SELECT convert_to(metadata, 'UTF8') FROM objects WHERE remote_id = 'ключ/ü €'"));
    }

    [Fact]
    public async Task What_can_not_be_stored_is_kept_with_its_reason_and_the_run_goes_on()
    {
        await using var host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"), settings: ("Load:MaxObjectBytes", "200000"));
        using var session = await host.OpenAsync(_run);
        var large = new PageObject { RemoteId = Text("large"), Metadata = Text(new string('x', 200_000)) };
        var counts = await session.LoadAsync(Pages.Encode(
            Pages.Object(""), Pages.Object(new string('k', 2049)), Pages.Object("nul", "a\0b"),
            new PageObject { RemoteId = Text("utf8"), Uri = ByteString.CopyFrom(0xc3, 0x28) }, large, Pages.Object("good")), "s");
        Assert.Equal(new Counts { Received = 6, Inserted = 1, Rejected = 5 }, counts);

        Assert.Equal(
            "empty_key:0 invalid_utf8:4 key_too_long:2048 nul_character:3 object_too_large:5",
            await host.QueryAsync<string>("SELECT string_agg(reason || ':' || length(remote_id), ' ' ORDER BY reason) FROM rejects WHERE stream = 's' AND run_id = $1", _run.RunId));
        Assert.Equal(Pages.Object("nul", "a\0b").ToByteArray(), await host.QueryAsync<byte[]>("SELECT raw FROM rejects WHERE reason = 'nul_character'"));
        Assert.Equal(65536, await host.QueryAsync<int>("SELECT length(raw) FROM rejects WHERE reason = 'object_too_large'"));
        Assert.Equal(large.CalculateSize(), await host.QueryAsync<long>("SELECT size FROM rejects WHERE reason = 'object_too_large'"));
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(large.ToByteArray()), await host.QueryAsync<byte[]>("SELECT sha256 FROM rejects WHERE reason = 'object_too_large'"));
    }

    [Fact]
    public async Task A_page_of_very_many_empty_objects_is_counted_without_being_held_as_objects()
    {
        using var session = await _host.OpenAsync(_run);
        var page = new byte[2 * 50_000];
        for (var i = 0; i < page.Length; i += 2)
            page[i] = 0x0a;
        Assert.Equal(new Counts { Received = 50_000, Rejected = 50_000 }, await session.LoadAsync(page));
        Assert.Equal(50_000L, await _host.QueryAsync<long>("SELECT count(*) FROM rejects"));
    }

    [Fact]
    public async Task A_page_of_more_rows_than_one_merge_takes_is_still_one_transaction()
    {
        using var session = await _host.OpenAsync(_run);
        Assert.Equal(25_000, (await session.LoadAsync(Pages.Range("key-", 0, 25_000))).Inserted);
        Assert.Equal(25_000, (await session.LoadAsync(Pages.Range("key-", 0, 25_000))).Unchanged);
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(DISTINCT xmin::text) FROM objects"));
        Assert.Equal(25_000L, await _host.QueryAsync<long>("SELECT count(DISTINCT change_seq) FROM objects"));
    }

    [Fact]
    public async Task Pages_before_malformed_bytes_are_stored_and_the_call_fails()
    {
        using var session = await _host.OpenAsync(_run);
        await session.SendAsync(Pages.Range("key-", 0, 10));
        await session.SendAsync([0x0a, 9, 1]);
        Assert.Equal(10, (await session.AckAsync(1)).Inserted);
        Assert.Equal((StatusCode.InvalidArgument, "bad_page"), await session.FailureAsync());
    }

    [Fact]
    public async Task A_load_that_breaks_its_protocol_is_refused()
    {
        using (var pageFirst = LoadSession.Start(_host))
        {
            await pageFirst.SendAsync(Pages.Range("key-", 0, 1));
            Assert.Equal((StatusCode.InvalidArgument, "bad_load_message"), await pageFirst.FailureAsync());
        }

        using (var gap = await _host.OpenAsync(_run))
        {
            await gap.SendAsync(new LoadMessage { Page = new() { Sequence = 2 } });
            Assert.Equal((StatusCode.InvalidArgument, "bad_load_message"), await gap.FailureAsync());
        }

        using var longName = await _host.OpenAsync(_run);
        await longName.SendAsync(Pages.Range("key-", 0, 1), new string('s', 256));
        Assert.Equal((StatusCode.InvalidArgument, "bad_load_message"), await longName.FailureAsync());
        Assert.Equal((StatusCode.InvalidArgument, "bad_run_identity"), await Failure.OfAsync(() => _host.OpenAsync(_run with { Fence = 0 })));
    }

    [Fact]
    public async Task A_key_and_a_stream_of_the_greatest_length_fit()
    {
        // Random, as the index compresses what repeats.
        var random = new Random(1);
        string Name(int length) => new([.. Enumerable.Range(0, length).Select(_ => (char)random.Next(33, 127))]);
        using var session = await _host.OpenAsync(_run);
        Assert.Equal(1, (await session.LoadAsync(Pages.Encode(Pages.Object(Name(2048))), Name(255))).Inserted);
    }

    [Fact]
    public async Task A_message_over_80_MiB_is_refused()
    {
        using var session = await _host.OpenAsync(_run);
        // The service may end the call before all of it is sent.
        await Record.ExceptionAsync(() => session.SendAsync(new byte[81 << 20]));
        Assert.Equal(StatusCode.ResourceExhausted, (await session.FailureAsync()).Status);
    }

    [Fact]
    public async Task A_lower_fence_is_refused_at_open()
    {
        var newer = _run.Next();
        using var session = await _host.OpenAsync(newer);
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.OpenAsync(_run)));
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await Failure.OfAsync(() => _host.OpenAsync(_run with { Fence = newer.Fence })));
    }

    [Fact]
    public async Task A_writer_that_was_overtaken_writes_nothing_more()
    {
        using var stale = await _host.OpenAsync(_run);
        await stale.LoadAsync(Pages.Range("old-", 0, 1));
        // As another replica does it: in the database alone.
        await _host.ExecuteAsync("UPDATE writers SET fence = fence + 1 WHERE connection_id = $1", _run.ConnectionId);
        await stale.SendAsync(Pages.Range("late-", 0, 1));
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await stale.FailureAsync());
        Assert.Equal(1L, await _host.QueryAsync<long>("SELECT count(*) FROM objects"));
    }

    [Fact]
    public async Task A_newer_attempt_ends_the_open_call_of_the_older_one_and_counts_go_on()
    {
        using var older = await _host.OpenAsync(_run);
        await older.LoadAsync(Pages.Range("key-", 0, 5));
        var again = _run.Again();
        using var newer = await _host.OpenAsync(again);
        Assert.Equal((StatusCode.FailedPrecondition, "stale_fence"), await older.FailureAsync());
        await newer.LoadAsync(Pages.Range("key-", 0, 8));
        Assert.Equal(new Counts { Received = 13, Inserted = 8, Unchanged = 5 }, (await _host.CloseAsync(again)).Counts);
    }

    [Fact]
    public async Task A_closed_run_takes_no_more_pages()
    {
        using var session = await _host.OpenAsync(_run);
        await _host.CloseAsync(_run);
        Assert.Equal((StatusCode.FailedPrecondition, "run_closed"), await session.FailureAsync());
        Assert.Equal((StatusCode.FailedPrecondition, "run_closed"), await Failure.OfAsync(() => _host.OpenAsync(_run.Again())));
    }

    [Fact]
    public async Task A_first_load_ends_right_although_somebody_else_has_put_an_object_into_the_table()
    {
        using var session = await _host.OpenAsync(_run);
        await session.LoadAsync(Pages.Range("key-", 0, 10));
        // Not known to the load, which takes every key that it has not sent itself for a new one.
        await _host.ExecuteAsync("""
            INSERT INTO objects (connection_id, stream, remote_id, resource_name, uri, metadata, hash, change_seq, ordinal, is_json)
            VALUES ($1, '', 'key-12', '', '', '', '\x00112233445566778899aabbccddeeff', 1000, 1000, false)
            """, _run.ConnectionId);
        Assert.Equal(new Counts { Received = 10, Inserted = 4, Updated = 1, Unchanged = 5 }, await session.LoadAsync(Pages.Range("key-", 5, 10)));
        Assert.Equal(new Counts { Received = 15, Unchanged = 15 }, await session.LoadAsync(Pages.Range("key-", 0, 15)));
    }

    [Fact]
    public async Task A_page_after_an_outcome_is_refused_by_the_database_too()
    {
        using var session = await _host.OpenAsync(_run);
        await _host.ExecuteAsync("""
            INSERT INTO outcomes (run_id, connection_id, fence, outcome, received, inserted, updated, unchanged, deleted, rejected, superseded, swept, result, closed_at)
            VALUES ($1, $2, $3, 'failed', 0, 0, 0, 0, 0, 0, 0, 0, '', now())
            """, _run.RunId, _run.ConnectionId, _run.Fence);
        await session.SendAsync(Pages.Range("key-", 0, 1), flush: true);
        Assert.Equal((StatusCode.FailedPrecondition, "run_closed"), await session.FailureAsync());
        Assert.Equal(0L, await _host.QueryAsync<long>("SELECT count(*) FROM objects"));
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private async Task<HashSet<string>> SnapshotAsync()
    {
        var rows = await _host.QueryAsync<string[]>("SELECT array_agg(concat_ws(' ', remote_id, ctid, xmin, xmax, change_seq, updated_at)) FROM objects");
        return [.. rows];
    }
}
