using System.Diagnostics;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace Platform.Tests;

/// <summary>The packaged connector of our own, from its source to the objects: built, checked, installed, synced, asked and told to act.</summary>
public sealed class PackageTests(PlatformFixture platform)
{
    private const string Name = "tables";
    private const string Image = "tables-ndc:1.0.0";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_packaged_connector_is_built_checked_installed_synced_queried_and_acts()
    {
        Repository.Require("dockerd", "docker.io");
        await MakeRootAsync();
        Assert.Contains($"Built {Image}, sha256:", (await platform.SucceedAsync("image", "build", Root, "-t", Image)).Output);
        var points = (await platform.JsonAsync("image", "check", Image, "--config", Repository.Connector("tables-ndc/sample"), "--json"))["points"]!.AsArray();
        // What a machine lets no container reach is not the image's fault, and the report says so: skipped is not failed.
        // G5: the first process of a container hears no signal before its runtime listens, and how long that takes a busy machine decides.
        Assert.Empty(points.Where(point => (string?)point!["outcome"] == "failed" && (string?)point["grade"] != "info" && (string?)point["id"] != "G5").Select(point => $"{point!["id"]}: {point["seen"]}"));
        Assert.True(points.Count(point => (string?)point!["outcome"] == "passed") > 30, points.ToJsonString());

        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, $"#.{Name}");
        Assert.Contains($"Installed {Name}, version 1,", (await platform.SucceedAsync("connectors", "install", Repository.Connector("tables-ndc/sample"), "--name", Name)).Output);
        await platform.SucceedAsync("connections", "create", Name, "--connector", Name);
        Assert.Contains("passed  schema", (await platform.SucceedAsync("connections", "check", Name)).Output);

        Assert.Contains("succeeded", (await platform.SucceedAsync("sync", Name)).Output);
        Assert.Equal("1983-07-01", (string?)JsonNode.Parse((await ArticleAsync("3"))!)!["published_date"]);
        Assert.Equal(3, (int)(await platform.JsonAsync("actions", "invoke", Name, "latest_article_id", "--json"))["result"]!);

        // A procedure changes what the next sync finds: one more, one less.
        await platform.SucceedAsync("actions", "invoke", Name, "upsert_article", "--arguments", """{"article": {"id": 9, "author_id": 1, "title": "New"}}""");
        await platform.SucceedAsync("actions", "invoke", Name, "delete_articles", "--arguments",
            """{"where": {"type": "binary_comparison_operator", "column": {"type": "column", "name": "id"}, "operator": "eq", "value": {"type": "scalar", "value": 3}}}""");
        Assert.Contains("succeeded", (await platform.SucceedAsync("sync", Name)).Output);
        Assert.Contains("\"New\"", await ArticleAsync("9"));
        Assert.Null(await ArticleAsync("3"));
        var events = await consumer.UntilAllAsync("sync.completed", "action.completed");
        Assert.Equal("succeeded", (string?)events["action.completed"]["body"]!["outcome"]);

        var rows = await platform.JsonAsync("query", Name, await QueryAsync("authors", "last_name"), "--json");
        Assert.Equal("Landin", (string?)rows[0]!["rows"]![0]!["value"]);
        var refused = await platform.RunAsync("query", Name, await QueryAsync("autors", "lastname"));
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("authors", refused.Errors);
    }

    private string Root => Path.Combine(Repository.Root, "artifacts", "connectors", "tables-ndc");

    private async Task MakeRootAsync()
    {
        var script = Path.Combine(Repository.Connector("tables-ndc"), "build.sh");
        using var build = Process.Start(new ProcessStartInfo(script, [Root]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (build.StandardOutput.ReadToEndAsync(), build.StandardError.ReadToEndAsync());
        await build.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(BuildLimit);
        Assert.True(build.ExitCode == 0, $"{script}: {await output}{await errors}");
    }

    private async Task<string?> ArticleAsync(string id)
    {
        var objects = (await platform.JsonAsync("objects", "list", "--connection", Name, "--json"))["items"]!.AsArray();
        return (string?)objects.SingleOrDefault(o => (string?)o!["stream"] == "articles" && (string?)o["remote_id"] == id)?["metadata"];
    }

    /// <returns>A file with a query of one column of the first row.</returns>
    private async Task<string> QueryAsync(string collection, string column)
    {
        var path = Path.Combine(platform.Sources, $"{collection}.json");
        var query = new JsonObject
        {
            ["collection"] = collection,
            ["query"] = new JsonObject { ["fields"] = new JsonObject { ["value"] = new JsonObject { ["type"] = "column", ["column"] = column } }, ["limit"] = 1 },
            ["arguments"] = new JsonObject(),
            ["collection_relationships"] = new JsonObject(),
        };
        await File.WriteAllTextAsync(path, query.ToJsonString(), TestContext.Current.CancellationToken);
        return path;
    }
}
