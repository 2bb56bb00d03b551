using Platform.Servers;

namespace Platform.Ingest.Tests.Objects;

public sealed class ChangedSinceTests(ServersFixture servers) : IAsyncLifetime
{
    private readonly TestRun _run = TestRun.New();
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(servers.PostgresConnectionString("ingest"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task What_changed_comes_in_the_order_of_its_changes_deletions_when_asked_for()
    {
        await _host.StoreAsync(_run, "", "a", "b", "c");
        await _host.StoreAsync(_run, new Stored("b", "2"), new("a", Deleted: true));
        Assert.Equal(["c", "b"], await _host.IdsAsync($"?connection={_run.Connection}&since=0"));
        Assert.Equal(["b", "a"], await _host.IdsAsync($"?connection={_run.Connection}&since=3&deleted=any"));
        Assert.Equal(["a"], await _host.IdsAsync($"?connection={_run.Connection}&since=3&deleted=true"));
        Assert.Empty(await _host.IdsAsync($"?connection={_run.Connection}&since=5&deleted=any"));
    }

    [Fact]
    public async Task Rows_of_one_change_are_not_torn_apart_by_a_page()
    {
        await _host.StoreAsync(_run, "", Enumerable.Range(0, 10).Select(i => $"{i}"));
        // As one sweep may do it.
        await _host.ExecuteAsync("UPDATE objects SET change_seq = 11, deleted_at = now() WHERE connection_id = $1", _run.ConnectionId);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), (await PagesAsync("deleted=true&limit=3")).Order());
    }

    [Fact]
    public async Task Paging_shows_what_stands_once_and_what_changes_meanwhile_again_at_the_end()
    {
        await _host.StoreAsync(_run, "", Enumerable.Range(0, 60).Select(i => $"key-{i:D2}"));
        var page = 0;
        var seen = await PagesAsync("deleted=any&limit=7", async () =>
        {
            if (page++ < 5)
                await _host.StoreAsync(_run, new Stored($"key-{page:D2}", $"{page}"), new($"key-{59 - page:D2}", Deleted: true), new($"new-{page}"));
        });
        string[] changed = [.. Enumerable.Range(1, 5).SelectMany(i => new[] { $"key-{i:D2}", $"key-{59 - i:D2}" })];
        var standing = seen.Where(id => id.StartsWith("key", StringComparison.Ordinal) && !changed.Contains(id)).ToList();
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"key-{i:D2}").Except(changed), standing);
        Assert.Equal(Enumerable.Range(1, 5).SelectMany(i => new[] { $"key-{i:D2}", $"key-{59 - i:D2}", $"new-{i}" }), seen[^15..]);
    }

    [Fact]
    public async Task A_cursor_is_of_one_list_alone()
    {
        var other = TestRun.New();
        await _host.StoreAsync(_run, "", "a", "b", "c");
        await _host.StoreAsync(_run, "s", "a", "b", "c");
        await _host.StoreAsync(other, "", "a", "b", "c");
        var byKey = (await _host.ListAsync($"?connection={_run.Connection}&limit=1")).Next;
        var byChange = (await _host.ListAsync($"?connection={_run.Connection}&since=0&limit=1")).Next;
        foreach (var wrong in new[]
        {
            $"?connection={_run.Connection}&since=0&cursor={byKey}", $"?connection={_run.Connection}&cursor={byChange}",
            $"?connection={other.Connection}&cursor={byKey}", $"?connection={other.Connection}&since=0&cursor={byChange}",
            $"?connection={_run.Connection}&stream=s&cursor={byKey}",
        })
            Assert.Equal((400, "bad_cursor", ""), await _host.ProblemAsync("/v1/objects" + wrong));
        Assert.Equal(["b", "c"], await _host.IdsAsync($"?connection={_run.Connection}&stream=&cursor={byKey}"));
    }

    private async Task<List<string>> PagesAsync(string query, Func<Task>? between = null)
    {
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _host.ListAsync($"?connection={_run.Connection}&since=0&{query}&cursor={cursor}");
            seen.AddRange(StoredObjects.Ids(page.Items)!);
            cursor = page.Next;
            if (between is not null)
                await between();
        }
        while (cursor is not null);
        return seen;
    }
}
