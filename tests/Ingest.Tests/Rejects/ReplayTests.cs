using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Platform.Servers;
using PageObject = Platform.Objects.V1.Object;

namespace Platform.Ingest.Tests.Rejects;

public sealed class ReplayTests(ServersFixture servers) : IAsyncLifetime
{
    private const string Row = """
        SELECT concat_ws('|', stream, remote_id, resource_name, uri, metadata, encode(hash, 'hex'), is_json, deleted_at IS NOT NULL) FROM objects WHERE connection_id = $1 AND remote_id = $2
        """;

    private readonly TestRun _run = TestRun.New();
    private RejectsHost _rejects = null!;

    public async ValueTask InitializeAsync() => _rejects = await RejectsHost.StartAsync(servers.PostgresConnectionString("ingest"), ("Load:MaxObjectBytes", "100000"));

    public ValueTask DisposeAsync() => _rejects.DisposeAsync();

    [Theory]
    [InlineData("empty_key", "{}", """{"remote_id": "given"}""", "given", "{}")]
    [InlineData("key_too_long", "{}", """{"remote_id": "given"}""", "given", "{}")]
    [InlineData("nul_character", "{\"a\":\"x\0y\"}", """{"replace_invalid": true}""", "kéy", "{\"a\":\"x\ufffdy\"}")]
    [InlineData("nul_character", "{\"a\":\"x\0y\"}", """{"replace_invalid": true, "remote_id": "given"}""", "given", "{\"a\":\"x\ufffdy\"}")]
    public async Task What_is_mended_looks_as_if_it_had_been_loaded(string reason, string metadata, string body, string key, string stored)
    {
        var one = Pages.Object(reason switch { "empty_key" => "", "key_too_long" => new string('k', 2049), _ => "kéy" }, metadata);
        await _rejects.RunAsync(_run, Pages.Object("before"));
        var id = await _rejects.RejectAsync(_run.Next(), one, "s");

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "reject_not_storable"), (await _rejects.ReplayAsync(id)).Failure);
        Assert.Equal(reason, (await _rejects.ReplayAsync(id)).Body.GetProperty("reason").GetString());
        var replayed = await _rejects.ReplayAsync(id, body);
        Assert.Equal((HttpStatusCode.OK, "inserted", key), (replayed.Status, Text(replayed, "result"), Text(replayed, "remote_id")));
        Assert.Equal((_run.Connection, "s", id), (Text(replayed, "connection"), Text(replayed, "stream"), replayed.Body.GetProperty("id").GetInt64()));
        Assert.Equal(0, await _rejects.CountAsync());

        var loaded = TestRun.New();
        var wanted = new PageObject { RemoteId = ByteString.CopyFromUtf8(key), ResourceName = one.ResourceName, Uri = one.Uri, Metadata = ByteString.CopyFromUtf8(stored) };
        await _rejects.RunAsync(loaded, "s", [wanted]);
        Assert.Equal(await _rejects.Host.QueryAsync<string>(Row, loaded.ConnectionId, key), await _rejects.Host.QueryAsync<string>(Row, _run.ConnectionId, key));
        Assert.Equal(1, (await _rejects.RunAsync(_run.Next(), "s", [wanted])).Unchanged);
    }

    [Fact]
    public async Task Invalid_bytes_are_replaced_in_every_field_and_nothing_else_is_touched()
    {
        var bad = new PageObject
        {
            RemoteId = ByteString.CopyFrom([(byte)'a', 0xff]),
            ResourceName = ByteString.CopyFrom([0xf0, 0x9f, 0x98, (byte)'!']),
            Uri = ByteString.CopyFromUtf8(" \r\n\u0001é\u2028"),
            Metadata = ByteString.CopyFrom([0xc3, 0x28, 0]),
        };
        var id = await _rejects.RejectAsync(_run, bad);
        Assert.Equal("a\ufffd", Text(await _rejects.ReplayAsync(id, """{"replace_invalid": true}"""), "remote_id"));
        Assert.Equal(
            Encoding.UTF8.GetBytes("\ufffd!| \r\n\u0001é\u2028|\ufffd(\ufffd"),
            await _rejects.Host.QueryAsync<byte[]>("SELECT convert_to(resource_name || '|' || uri || '|' || metadata, 'UTF8') FROM objects"));
    }

    [Fact]
    public async Task A_key_of_its_own_leaves_the_other_bytes_as_they_came()
    {
        const string metadata = "{ \"a\" : 1,\r\n \"a\":2, \"é\":\"\\u0000\" }\u0001\u007f\u2028";
        var id = await _rejects.RejectAsync(_run, Pages.Object("", metadata));
        Assert.Equal("inserted", Text(await _rejects.ReplayAsync(id, """{"remote_id": "ü"}"""), "result"));
        Assert.Equal(Encoding.UTF8.GetBytes(metadata), await _rejects.Host.QueryAsync<byte[]>("SELECT convert_to(metadata, 'UTF8') FROM objects WHERE NOT is_json"));
    }

    [Fact]
    public async Task An_object_over_the_limit_is_stored_when_the_limit_is_raised_and_its_bytes_are_there()
    {
        var database = servers.PostgresConnectionString("ingest");
        await using var small = await RejectsHost.StartAsync(database, ("Load:MaxObjectBytes", "1000"));
        var whole = await small.RejectAsync(_run, Pages.Object("whole", $"\"{new string('x', 2000)}\""));
        Assert.Equal("object_too_large", (await small.ReplayAsync(whole)).Body.GetProperty("reason").GetString());
        var cut = await small.RejectAsync(_run.Next(), Pages.Object("cut", new string('x', 70_000)));
        await using var large = await RejectsHost.StartAsync(database);
        Assert.Equal("inserted", Text(await large.ReplayAsync(whole), "result"));
        Assert.Equal((HttpStatusCode.Conflict, "reject_incomplete"), (await large.ReplayAsync(cut)).Failure);
        Assert.Equal(1, await large.CountAsync());
    }

    [Fact]
    public async Task Numbers_go_on_and_later_runs_treat_it_as_any_other()
    {
        await _rejects.RunAsync(_run, Pages.Object("a"), Pages.Object("b"));
        var id = await _rejects.RejectAsync(_run.Next(), Pages.Object("c", "\0"));
        var before = await NumbersAsync();
        await _rejects.ReplayAsync(id, """{"replace_invalid": true}""");
        Assert.Equal((before.ChangeSeq + 1, before.LastOrdinal + 1), await NumbersAsync());
        Assert.Equal($"{before.ChangeSeq + 1} {before.LastOrdinal + 1}", await _rejects.Host.QueryAsync<string>("SELECT change_seq || ' ' || ordinal FROM objects WHERE remote_id = 'c'"));

        // A full listing without it deletes it, and spares those that it has.
        var full = _run.Next();
        using (var session = await _rejects.Host.OpenAsync(full))
            await session.LoadAsync(Pages.Encode(Pages.Object("a"), Pages.Object("b")));
        Assert.Equal(1, (await _rejects.Host.CloseAsync(full, change: close => close.CompleteStreams.Add(""))).Counts.Swept);
        Assert.Equal("c", await _rejects.Host.QueryAsync<string>("SELECT string_agg(remote_id, '') FROM objects WHERE deleted_at IS NOT NULL"));
    }

    [Fact]
    public async Task What_is_there_is_updated_restored_or_left_alone()
    {
        static PageObject Object(string key, string metadata) => RejectsHost.Object(Encoding.UTF8.GetBytes(key), metadata);
        await _rejects.RunAsync(_run, Object("updated", "1"), Object("gone", "2"), Object("same", "3"));
        await _rejects.RunAsync(_run.Next(), "", [Pages.Object("gone")], deletes: true);
        var run = _run;
        var results = new List<string?>();
        var numbers = await NumbersAsync();
        foreach (var (key, metadata) in new[] { ("updated", "4"), ("gone", "2"), ("same", "3") })
            results.Add(Text(await _rejects.ReplayAsync(await _rejects.RejectAsync(run = run.Next(), Object("", metadata)), $$"""{"remote_id": "{{key}}"}"""), "result"));
        Assert.Equal(["updated", "updated", "unchanged"], results);
        Assert.Equal(0L, await _rejects.CountAsync());
        Assert.Equal("2 3 4", await _rejects.Host.QueryAsync<string>("SELECT string_agg(metadata, ' ' ORDER BY remote_id) FROM objects WHERE deleted_at IS NULL"));
        Assert.Equal(numbers.ChangeSeq + 2, (await NumbersAsync()).ChangeSeq);
    }

    [Fact]
    public async Task An_object_that_was_written_after_it_is_not_overwritten_unless_that_is_wanted()
    {
        await _rejects.RunAsync(_run, Pages.Object("key", "1"));
        var id = await _rejects.RejectAsync(_run.Next(), Pages.Object("key", "\0"));
        await _rejects.RunAsync(_run.Next(), Pages.Object("key", "2"));
        Assert.Equal((HttpStatusCode.Conflict, "reject_superseded"), (await _rejects.ReplayAsync(id, """{"replace_invalid": true}""")).Failure);
        Assert.Equal("2", await _rejects.Host.QueryAsync<string>("SELECT metadata FROM objects"));
        Assert.Equal("updated", Text(await _rejects.ReplayAsync(id, """{"replace_invalid": true, "force": true}"""), "result"));
        Assert.Equal("\ufffd", await _rejects.Host.QueryAsync<string>("SELECT metadata FROM objects"));
    }

    [Fact]
    public async Task An_object_that_was_deleted_after_it_or_written_with_it_counts_as_newer_too()
    {
        await _rejects.RunAsync(_run, Pages.Object("deleted"));
        var deleted = await _rejects.RejectAsync(_run.Next(), Pages.Object("deleted", "\0"));
        await _rejects.RunAsync(_run.Next(), "", [Pages.Object("deleted")], deletes: true);
        await _rejects.RunAsync(_run.Next(), Pages.Object("with", "1"), Pages.Object("with", "\0"));
        var with = await _rejects.Host.QueryAsync<long>("SELECT max(id) FROM rejects");
        foreach (var id in new[] { deleted, with })
            Assert.Equal("reject_superseded", (await _rejects.ReplayAsync(id, """{"replace_invalid": true}""")).Failure.Code);
    }

    [Fact]
    public async Task A_delete_is_replayed_as_a_delete()
    {
        await _rejects.RunAsync(_run, Pages.Object("a"));
        var id = await _rejects.RejectAsync(_run.Next(), Pages.Object(""), deletes: true);
        Assert.True((await _rejects.AskAsync(HttpMethod.Get, $"/v1/rejects/{id}")).Body.GetProperty("is_delete").GetBoolean());
        Assert.Equal("deleted", Text(await _rejects.ReplayAsync(id, """{"remote_id": "a"}"""), "result"));
        Assert.Equal(1L, await _rejects.Host.QueryAsync<long>("SELECT count(*) FROM objects WHERE deleted_at IS NOT NULL"));
        var again = await _rejects.RejectAsync(_run.Next().Next(), Pages.Object(""), deletes: true);
        Assert.Equal("unchanged", Text(await _rejects.ReplayAsync(again, """{"remote_id": "never there"}"""), "result"));
    }

    [Fact]
    public async Task While_a_run_is_open_nothing_is_replayed()
    {
        var id = await _rejects.RejectAsync(_run, Pages.Object(""));
        var next = _run.Next();
        Task<LoadSession> opening;
        Task<Answer> replaying;
        await using (await _rejects.Host.LockAsync(_run))
        {
            opening = _rejects.Host.OpenAsync(next);
            await _rejects.Host.WaitForBlockedLoadAsync();
            replaying = _rejects.ReplayAsync(id, """{"remote_id": "a"}""");
            await _rejects.Host.WaitForBlockedAsync(2);
        }

        // Locks are granted in the order of asking.
        using (await opening)
            Assert.Equal((HttpStatusCode.Conflict, "run_active"), (await replaying).Failure);
        Assert.Equal("run_active", (await _rejects.ReplayAsync(id, """{"remote_id": "a"}""")).Failure.Code);
        await _rejects.Host.CloseAsync(next);
        Assert.Equal("inserted", Text(await _rejects.ReplayAsync(id, """{"remote_id": "a"}"""), "result"));
    }

    [Fact]
    public async Task Of_replays_at_once_one_is_done()
    {
        var id = await _rejects.RejectAsync(_run, Pages.Object(""));
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _rejects.ReplayAsync(id, """{"remote_id": "a"}""")));
        Assert.Single(answers, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(5, answers.Count(answer => answer.Failure == (HttpStatusCode.NotFound, "unknown_reject")));
    }

    [Fact]
    public async Task What_belongs_to_a_connection_that_is_gone_is_not_replayed_but_dismissed()
    {
        var id = await _rejects.RejectAsync(_run, Pages.Object(""));
        var heir = TestRun.New();
        foreach (var name in new[] { "nobody", heir.Connection })
        {
            await _rejects.Host.ExecuteAsync("UPDATE connections SET name = $1", name);
            Assert.Equal((HttpStatusCode.NotFound, "unknown_connection"), (await _rejects.ReplayAsync(id, """{"remote_id": "a"}""")).Failure);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await _rejects.AskAsync(HttpMethod.Delete, $"/v1/rejects/{id}")).Status);
        Assert.Equal((0L, 0L), (await _rejects.CountAsync(), await _rejects.Host.QueryAsync<long>("SELECT count(*) FROM objects")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_change_is_told_where_the_connection_wants_that(bool wanted)
    {
        await _rejects.RunAsync(_run, "s", [Pages.Object("")], notifyChanges: wanted);
        var id = await _rejects.Host.QueryAsync<long>("SELECT id FROM rejects");
        await _rejects.ReplayAsync(id, """{"remote_id": "a"}""");
        Assert.Equal(wanted ? 1L : 0L, await _rejects.Host.QueryAsync<long>("SELECT count(*) FROM outbox WHERE type = 'objects.changed'"));
        if (!wanted)
            return;
        var body = JsonDocument.Parse(await _rejects.Host.QueryAsync<string>("SELECT body FROM outbox WHERE type = 'objects.changed'")).RootElement;
        Assert.Equal((_run.RunId, "s"), (body.GetProperty("run_id").GetGuid(), body.GetProperty("stream").GetString()));
        Assert.Equal("""[{"remote_id":"a","change":"inserted"}]""", body.GetProperty("changes").GetRawText());
        Assert.True(await _rejects.Host.QueryAsync<bool>("SELECT (SELECT xmin::text FROM outbox WHERE type = 'objects.changed') = (SELECT xmin::text FROM objects)"));
    }

    [Theory]
    [InlineData("""{"remote_id": ""}""", HttpStatusCode.UnprocessableEntity, "reject_not_storable")]
    [InlineData("""{"remote_id": "a\u0000b", "replace_invalid": true}""", HttpStatusCode.UnprocessableEntity, "reject_not_storable")]
    [InlineData("""{"key": "a"}""", HttpStatusCode.BadRequest, "malformed_json")]
    [InlineData("""{"force": "yes"}""", HttpStatusCode.BadRequest, "malformed_json")]
    public async Task Wrong_wishes_change_nothing(string body, HttpStatusCode status, string code)
    {
        var id = await _rejects.RejectAsync(_run, Pages.Object(""));
        Assert.Equal((status, code), (await _rejects.ReplayAsync(id, body)).Failure);
        Assert.Equal((1L, 0L), (await _rejects.CountAsync(), await _rejects.Host.QueryAsync<long>("SELECT count(*) FROM objects")));
    }

    private async Task<(long ChangeSeq, long LastOrdinal)> NumbersAsync() => (
        await _rejects.Host.QueryAsync<long>("SELECT change_seq FROM connections WHERE connection_id = $1", _run.ConnectionId),
        await _rejects.Host.QueryAsync<long>("SELECT last_ordinal FROM connections WHERE connection_id = $1", _run.ConnectionId));

    private static string? Text(Answer answer, string name) => answer.Body.TryGetProperty(name, out var value) ? value.GetString() : answer.Body.ToString();
}
