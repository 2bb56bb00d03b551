using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace Platform.Tests;

/// <summary>What is gone from the source goes from the platform, unless it is suspiciously much; and whoever wants to hears of each object.</summary>
public sealed class SweepTests(PlatformFixture platform)
{
    private const int Files = 150;

    [Fact]
    public async Task Deleted_files_are_swept_too_many_are_held_back_until_somebody_confirms_and_every_change_is_told()
    {
        const string name = "swept";
        var root = MakeFiles(name);
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, $"#.{name}");
        await platform.InstallSampleAsync("files-c1", name);
        await platform.SucceedAsync("connections", "create", name, "--connector", name, "--options", new JsonObject { ["root"] = root }.ToJsonString(), "--changed-events");
        Assert.Contains("changed-events", (await platform.SucceedAsync("connections", "list")).Output);

        await platform.SucceedAsync("sync", name);
        var events = await consumer.UntilAllAsync("objects.changed", "sync.completed");
        Assert.Equal(Enumerable.Range(0, Files).Select(i => (Name(i), "inserted")), Changes(events["objects.changed"]));

        Delete(root, 0, 10);
        var few = await platform.Api.SyncAsync(name);
        events = await consumer.UntilAllAsync("objects.changed", "sync.completed");
        Assert.Equal((10, 0), ((int)few["counts"]!["swept"]!, few["warnings"]!.AsArray().Count));
        Assert.True((bool)few["full_listing"]!);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => (Name(i), "deleted")), Changes(events["objects.changed"]));
        Assert.Equal(10, (int)events["sync.completed"]["body"]!["counts"]!["swept"]!);
        Assert.Equal(Enumerable.Range(10, Files - 10).Select(Name), await IdsAsync(name));

        Delete(root, 10, 100);
        var many = await platform.SucceedAsync("sync", name, "--watch");
        Assert.Contains("warning delete_guard", many.Errors, StringComparison.Ordinal);
        var run = (string)(await platform.Api.GetAsync($"/v1/runs?connection={name}&limit=1"))["items"]![0]!["id"]!;
        Assert.Contains($"runs sweep {run}", many.Errors, StringComparison.Ordinal);
        Assert.Contains("delete_guard", (await platform.SucceedAsync("runs", "show", run)).Output, StringComparison.Ordinal);
        events = await consumer.UntilAllAsync("sync.completed");
        Assert.Equal((run, 0), ((string)events["sync.completed"]["body"]!["run_id"]!, (int)events["sync.completed"]["body"]!["counts"]!["swept"]!));
        Assert.Equal(Files - 10, (await IdsAsync(name)).Count);

        Assert.Contains("swept 100 objects", (await platform.SucceedAsync("runs", "sweep", run)).Output, StringComparison.Ordinal);
        events = await consumer.UntilAllAsync("objects.changed", "sync.swept");
        Assert.Equal(Enumerable.Range(10, 100).Select(i => (Name(i), "deleted")), Changes(events["objects.changed"]));
        Assert.Equal((run, 100), ((string)events["sync.swept"]["body"]!["run_id"]!, (int)events["sync.swept"]["body"]!["counts"]!["swept"]!));
        Assert.Equal(Enumerable.Range(110, Files - 110).Select(Name), await IdsAsync(name));
        var record = await platform.Api.GetAsync($"/v1/runs/{run}");
        Assert.Equal(("succeeded", 100, 0), ((string)record["state"]!, (int)record["counts"]!["swept"]!, record["warnings"]!.AsArray().Count));

        File.WriteAllText(Path.Combine(root, Name(0)), "back");
        Assert.Equal(1, (int)(await platform.Api.SyncAsync(name))["counts"]!["updated"]!);
        Assert.Contains(Name(0), await IdsAsync(name));
    }

    [Fact]
    public async Task A_sweep_is_refused_once_a_newer_run_has_begun_and_a_connection_may_allow_more()
    {
        const string name = "superseded";
        var root = MakeFiles(name);
        await platform.InstallSampleAsync("files-c1", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = root });
        await platform.Api.SyncAsync(name);
        await platform.Api.ConnectAsync($"{name}-failing", name, new JsonObject { ["root"] = "/no/such/folder" });
        Assert.Equal("nothing_to_sweep", await RefusalAsync(await platform.Api.SyncAsync($"{name}-failing")));
        await platform.SucceedAsync("connections", "create", $"{name}-free", "--connector", name, "--options", new JsonObject { ["root"] = root }.ToJsonString(), "--max-delete-fraction", "1");
        await platform.Api.SyncAsync($"{name}-free");

        Delete(root, 0, 100);
        var guarded = await platform.Api.SyncAsync(name);
        Assert.Equal("delete_guard", (string?)Assert.Single(guarded["warnings"]!.AsArray())!["code"]);
        await platform.Api.SyncAsync(name);

        Assert.Equal("sweep_superseded", await RefusalAsync(guarded));
        Assert.Equal(Files, (await IdsAsync(name)).Count);
        Assert.Equal(100, (int)(await platform.Api.SyncAsync($"{name}-free"))["counts"]!["swept"]!);
        Assert.Equal(Files - 100, (await IdsAsync($"{name}-free")).Count);
    }

    private string MakeFiles(string name)
    {
        var root = Directory.CreateDirectory(Path.Combine(platform.Sources, $"sweep-{name}")).FullName;
        for (var i = 0; i < Files; i++)
            File.WriteAllText(Path.Combine(root, Name(i)), $"{i}");
        return root;
    }

    private static void Delete(string root, int first, int count)
    {
        foreach (var i in Enumerable.Range(first, count))
            File.Delete(Path.Combine(root, Name(i)));
    }

    private static string Name(int i) => $"file-{i:000}.txt";

    private static IEnumerable<(string, string)> Changes(JsonNode received) =>
        received["body"]!["changes"]!.AsArray().Select(change => ((string)change!["remote_id"]!, (string)change["change"]!)).Order();

    private async Task<IReadOnlyList<string>> IdsAsync(string connection) => [.. (await platform.Api.ObjectsAsync(connection)).Select(o => (string)o["remote_id"]!)];

    private async Task<string?> RefusalAsync(JsonNode run)
    {
        var (status, problem, response) = await platform.Api.SendAsync(HttpMethod.Post, $"/v1/runs/{run["id"]}/sweep");
        using (response)
            Assert.Equal(System.Net.HttpStatusCode.Conflict, status);
        return (string?)problem!["code"];
    }
}
