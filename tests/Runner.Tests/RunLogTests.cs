using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>The log of a run, from what its connector writes to what the API shows.</summary>
public sealed class RunLogTests(ServersFixture servers, GoConnectors connectors) : RunnerTest(servers, connectors)
{
    [Fact]
    public async Task A_runs_log_has_what_its_connector_wrote_levelled_masked_and_in_pages()
    {
        var id = await StartRunAsync("""{"mode": "log", "password": "s3cret-pass"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");

        var all = await LinesAsync($"/v1/runs/{id}/log");
        foreach (var (level, source, text) in (ReadOnlySpan<(string, string, string)>)
            [("warn", "stderr", "careful password=*** tries=3"), ("debug", "stderr", "quiet"), ("info", "stderr", "plain"), ("info", "stdout", "printed for ***")])
            Assert.Contains(all, line => (Text(line, "level"), Text(line, "source"), Text(line, "text")) == (level, source, text));
        Assert.StartsWith("Attempt 1 begins", Text(all[0], "text"), StringComparison.Ordinal);
        Assert.Equal("The connector has finished attempt 1.", Text(all[^1], "text"));
        Assert.Equal(Enumerable.Range(1, all.Count), all.Select(line => line.GetProperty("line").GetInt32()));
        Assert.All(all, line => Assert.InRange(DateTimeOffset.UtcNow - line.GetProperty("at").GetDateTimeOffset(), TimeSpan.Zero, RunTimeout));

        var first = await PageAsync($"/v1/runs/{id}/log?limit=2");
        Assert.Equal(2, first.GetProperty("items").GetArrayLength());
        var second = await LinesAsync($"/v1/runs/{id}/log?limit=1000&cursor={first.GetProperty("next").GetString()}");
        Assert.Equal(all.Skip(2).Select(line => line.ToString()), second.Select(line => line.ToString()));
        Assert.Equal(["careful password=*** tries=3"], (await LinesAsync($"/v1/runs/{id}/log?level=warn")).Select(line => Text(line, "text")));
        await using var session = new NpgsqlConnection(database);
        Assert.Equal(0, await session.ExecuteScalarAsync<int>("select count(*)::int from log_chunks where lines::text like '%s3cret-pass%'"));
    }

    [Fact]
    public async Task A_runs_log_comes_live_from_any_replica_goes_on_where_it_broke_off_and_ends_with_the_run()
    {
        await using var other = await StartAsync(("Runner__ConcurrentRuns", "1"));
        var id = await StartRunAsync("""{"mode": "log-and-hang"}""");
        using var stream = new LogStream(other.Client, $"/v1/runs/{id}/log");
        await stream.WaitForAsync("two");
        Assert.Empty(stream.Ends);
        var one = stream.Lines.Single(line => line.Text == "one");

        using var resumed = new LogStream(runner.Client, $"/v1/runs/{id}/log", one.Id);
        await resumed.WaitForAsync("two");
        Assert.DoesNotContain(resumed.Lines, line => line.Text == "one");
        await CancelAsync(id);

        await stream.WaitForAsync("A cancel was asked for: the connector is told to end.");
        await Wait.ForAsync("the end of the stream", () => stream.Ends.Count == 1 && resumed.Ends.Count == 1, CancelLimit);
        Assert.Equal(["""{"state":"cancelled"}"""], stream.Ends);
    }

    [Fact]
    public async Task A_flood_is_bounded_hides_no_error_and_the_last_line_says_what_is_missing()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Runner__LogLines", "100"));
        var id = await StartRunAsync("""{"mode": "flood-lines"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");

        var lines = (await LinesAsync($"/v1/runs/{id}/log?limit=1000")).Select(line => Text(line, "text")).ToList();

        Assert.InRange(lines.Count, 100, 110);
        Assert.Contains("after the flood", lines);
        Assert.Contains("The log is full: ordinary lines are no longer kept from here on.", lines);
        Assert.Matches("^Not kept: 199\\d\\d ordinary lines, 0 warnings and errors\\.", lines[^1]);
    }

    [Fact]
    public async Task A_failed_run_says_so_in_its_log()
    {
        var id = await StartRunAsync("""{"mode": "error"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "failed");

        Assert.EndsWith("quota exceeded (sync_failed)", Text((await LinesAsync($"/v1/runs/{id}/log?level=error"))[^1], "text"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Old_lines_are_removed_and_their_runs_stay()
    {
        var id = await StartRunAsync("""{"mode": "ok"}""");
        await runner.WaitForStateAsync(id, RunTimeout, "succeeded");
        await using var session = new NpgsqlConnection(database);
        await session.ExecuteAsync("update log_chunks set written_at = now() - interval '31 days'");
        await session.ExecuteAsync("""insert into log_chunks (subject, first_line, lines, written_at) values (gen_random_uuid(), 1, '[]', now() - interval '29 days')""");

        await runner.DisposeAsync();
        runner = await StartAsync();

        await Wait.ForAsync("the old lines are gone", async () => await session.ExecuteScalarAsync<int>("select count(*)::int from log_chunks") == 1, RunTimeout);
        Assert.Equal("succeeded", (await runner.RunAsync(id)).GetProperty("state").GetString());
        Assert.Empty(await LinesAsync($"/v1/runs/{id}/log"));
    }

    [Fact]
    public async Task A_bad_request_is_answered_with_its_problem()
    {
        var id = await StartRunAsync("""{"mode": "ok"}""");
        foreach (var (path, status, code) in ((string, int, string)[])
            [
                ("/v1/runs/01a1fe12-b165-7e1f-a15d-ebb6482b7888/log", 404, "unknown_run"), ($"/v1/runs/{id}/log?level=loud", 400, "bad_level"),
                ($"/v1/runs/{id}/log?limit=0", 400, "bad_limit"), ($"/v1/runs/{id}/log?cursor=nonsense", 400, "bad_cursor"),
            ])
        {
            using var request = Ask(path);
            using var response = await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);

            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            Assert.Equal((path, status, code), (path, (int)response.StatusCode, Text(problem, "code")));
        }
    }

    private async Task<IReadOnlyList<JsonElement>> LinesAsync(string path) => [.. (await PageAsync(path)).GetProperty("items").EnumerateArray()];

    private async Task<JsonElement> PageAsync(string path)
    {
        using var request = Ask(path);
        using var response = await runner.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private static HttpRequestMessage Ask(string path) => new(HttpMethod.Get, path) { Headers = { { "Accept", "application/json" } } };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>Reads the events of a log as they come.</summary>
    private sealed class LogStream : IDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly List<(string? Id, string Text)> lines = [];
        private readonly List<string> ends = [];
        private readonly Task reading;

        public LogStream(HttpClient client, string path, string? lastId = null) => reading = ReadAsync(client, path, lastId);

        public IReadOnlyList<(string? Id, string Text)> Lines
        {
            get
            {
                lock (lines)
                    return [.. lines];
            }
        }

        public IReadOnlyList<string> Ends
        {
            get
            {
                lock (lines)
                    return [.. ends];
            }
        }

        public Task WaitForAsync(string text) => Wait.ForAsync($"the line {text}", () => Lines.Any(line => line.Text == text) && !reading.IsFaulted, RunTimeout);

        public void Dispose()
        {
            stop.Cancel();
            stop.Dispose();
        }

        private async Task ReadAsync(HttpClient client, string path, string? lastId)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/event-stream" } } };
            if (lastId is not null)
                request.Headers.Add("Last-Event-ID", lastId);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(stop.Token))
            {
                lock (lines)
                {
                    if (item.EventType == "line")
                        lines.Add((item.EventId, Text(JsonDocument.Parse(item.Data).RootElement, "text")));
                    else
                        ends.Add(item.Data);
                }
            }
        }
    }
}
