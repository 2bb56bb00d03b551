using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Npgsql;

namespace Platform.Tests;

public sealed class MainJobTests(PlatformFixture platform)
{
    private const int FilesInTree = 1208;

    [Theory]
    [InlineData("files")]
    [InlineData("files-c1")]
    [InlineData("files-go")]
    public async Task An_installed_connector_syncs_its_objects_and_a_python_consumer_hears_of_it(string sample)
    {
        var name = $"main-{sample}";
        var root = platform.MakeTree(name);
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, $"#.{name}");

        await platform.InstallSampleAsync(sample, name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
        var run = await platform.Api.SyncAsync(name);

        Assert.True((string?)run["state"] == "succeeded", run.ToJsonString());
        Assert.Equal(FilesInTree, (int)run["counts"]!["received"]!);
        Assert.Equal(FilesInTree, (int)run["counts"]!["inserted"]!);
        var objects = await platform.Api.ObjectsAsync(name);
        Assert.Equal(FilesInTree, objects.Count);
        Assert.Contains(objects, o => (string?)o["remote_id"] == "a b/ü.json" && ((string?)o["metadata"])!.Contains("\"media_type\":\"application/json\""));

        // Three services tell of it, each in its own order.
        var events = await consumer.UntilAllAsync("connector.installed", "connection.created", "sync.started", "sync.completed");
        Assert.All(events, e => AssertEvent(e.Value, e.Key, name));
        var completed = events["sync.completed"];
        Assert.Equal(FilesInTree, (int)completed["body"]!["counts"]!["inserted"]!);
        Assert.Equal((string?)run["id"], (string?)completed["body"]!["run_id"]);
    }

    [Fact]
    public async Task All_sample_connectors_bring_the_same_objects_from_the_same_tree()
    {
        var root = platform.MakeTree("twins");
        var brought = new List<string[]>();
        foreach (var sample in new[] { "files", "files-c1", "files-go" })
        {
            var name = $"twin-{sample}";
            await platform.InstallSampleAsync(sample, name);
            await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
            var run = await platform.Api.SyncAsync(name);
            Assert.True((string?)run["state"] == "succeeded", run.ToJsonString());
            brought.Add([.. (await platform.Api.ObjectsAsync(name)).Select(o => $"{o["remote_id"]}|{o["resource_name"]}|{o["uri"]}|{o["metadata"]}")]);
        }

        Assert.NotEmpty(brought[0]);
        Assert.Equal(brought[0], brought[1]);
        Assert.Equal(brought[0], brought[2]);
    }

    [Fact]
    public async Task A_second_sync_of_an_unchanged_source_rewrites_no_row()
    {
        const string name = "unchanged";
        var root = platform.MakeTree(name);
        await platform.InstallSampleAsync("files-c1", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
        await platform.Api.SyncAsync(name);
        var before = await RowVersionsAsync();

        var second = await platform.Api.SyncAsync(name);

        Assert.Equal(FilesInTree, (int)second["counts"]!["unchanged"]!);
        Assert.Equal(0, (int)second["counts"]!["inserted"]! + (int)second["counts"]!["updated"]!);
        Assert.Equal(before, await RowVersionsAsync());

        File.WriteAllText(Path.Combine(root, "a.txt"), "changed");
        var third = await platform.Api.SyncAsync(name);
        Assert.Equal(1, (int)third["counts"]!["updated"]!);
        Assert.NotEqual(before, await RowVersionsAsync());
    }

    [Fact]
    public async Task An_incremental_sync_sends_what_has_changed_and_what_is_gone()
    {
        const string name = "incremental";
        var root = platform.MakeTree(name);
        await platform.InstallSampleAsync("files", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
        await platform.Api.SyncAsync(name);

        File.WriteAllText(Path.Combine(root, "a.txt"), "changed");
        File.Delete(Path.Combine(root, "B.txt"));
        var second = await platform.Api.SyncAsync(name);

        Assert.Equal((2, 1, 1), ((int)second["counts"]!["received"]!, (int)second["counts"]!["updated"]!, (int)second["counts"]!["deleted"]!));
        Assert.Equal(FilesInTree - 1, (await platform.Api.ObjectsAsync(name)).Count);
        Assert.Equal($$"""{"files":{{FilesInTree - 1}},"sent":1,"gone":1}""", (string?)second["result"]);
    }

    [Fact]
    public async Task One_trace_leads_from_the_gateway_to_the_connectors_start_the_load_and_the_event()
    {
        const string name = "traced";
        var root = platform.MakeTree(name);
        await platform.InstallSampleAsync("files", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
        var traceId = System.Diagnostics.ActivityTraceId.CreateRandom().ToHexString();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/runs")
        {
            Content = new StringContent($$"""{"connection":"{{name}}"}""", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("traceparent", $"00-{traceId}-00f067aa0ba902b7-01");
        using var response = await platform.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        await platform.Api.EndAsync(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);

        await Limits.UntilAsync("spans of the run from gateway, runner and ingest", Limits.Event, () =>
        {
            var spans = platform.Collector.Spans.Where(s => s.TraceId == traceId).ToList();
            return Task.FromResult(
                spans.Any(s => s.Service == "gateway")
                && spans.Any(s => s.Service == "runner" && s.Name == "connector start")
                && spans.Any(s => s.Service == "ingest" && s.Name == "load")
                && spans.Any(s => s.Service == "ingest" && s.Name == "publish sync.completed")
                    ? spans : null);
        });
    }

    private static void AssertEvent(JsonNode received, string type, string connector)
    {
        Assert.Equal($"{type}.{connector}", (string?)received["routing_key"]);
        Assert.Equal("application/json", (string?)received["content_type"]);
        Assert.True(Guid.TryParse((string?)received["headers"]!["cloudEvents_id"], out _), received.ToJsonString());
        Assert.Equal(connector, (string?)received["body"]!["connector"]);
    }

    private async Task<string> RowVersionsAsync()
    {
        await using var db = NpgsqlDataSource.Create((await platform.App.GetConnectionStringAsync("ingest-db"))!);
        await using var command = db.CreateCommand(
            "SELECT md5(string_agg(remote_id || xmin::text || ctid::text || change_seq, ',' ORDER BY remote_id)) FROM objects o WHERE uri LIKE '%/unchanged/%'");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
