using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The client against the running platform.</summary>
public sealed class CommandLineTests(PlatformFixture platform)
{
    [Fact]
    public async Task A_sync_is_watched_its_log_followed_and_its_objects_listed_and_exported()
    {
        const string name = "watched";
        await platform.InstallSampleAsync("files", name);
        Assert.Contains(name, (await platform.SucceedAsync("connectors", "list")).Output);
        Assert.Equal(name, (string?)(await platform.JsonAsync("connectors", "show", name, "--json"))["name"]);
        await platform.SucceedAsync("connections", "create", name, "--connector", name, "--options", """{"root": "/usr/share/doc"}""");
        Assert.Contains(name, (await platform.SucceedAsync("connections", "list")).Output);

        var sync = await platform.SucceedAsync("sync", name, "--watch");
        Assert.Contains("succeeded", sync.Output + sync.Errors);
        Assert.Contains(name, (await platform.SucceedAsync("runs", "list")).Output);
        var run = sync.Output.Split(' ')[1];
        foreach (var follow in (string[][])[[], ["-f"]])
            Assert.Contains("* The connector has finished attempt 1.", (await platform.SucceedAsync(["runs", "log", run, .. follow])).Output);
        Assert.Equal("", (await platform.SucceedAsync("runs", "log", run, "--level", "error")).Output);
        var objects = await platform.SucceedAsync("objects", "list", "--connection", name, "--limit", "5", "--json");
        Assert.Equal(5, JsonNode.Parse(objects.Output)!["items"]!.AsArray().Count);
        var all = (await platform.SucceedAsync("objects", "list", "--connection", name, "--prefix", "adduser/", "--path", "$.size > 0", "--all", "--json")).Output;
        var exported = (await platform.SucceedAsync("objects", "export", "--connection", name, "--prefix", "adduser/", "--path", "$.size > 0")).Output;
        Assert.Contains("\"remote_id\":\"adduser/copyright\"", exported);
        Assert.Equal(all.Trim().Split('\n').Length, exported.Trim().Split('\n').Length);
    }

    [Fact]
    public async Task A_failed_run_and_a_problem_have_exit_codes_of_their_own()
    {
        await platform.InstallSampleAsync("files", "exit-codes");
        await platform.SucceedAsync("connections", "create", "exit-codes", "--connector", "exit-codes", "--options", """{"root": "/no/such/folder"}""");

        var failed = await platform.RunAsync("sync", "exit-codes");
        var unknown = await platform.RunAsync("sync", "nobody");

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("sync_failed", failed.Output + failed.Errors);
        Assert.Equal(3, unknown.ExitCode);
        Assert.Contains("unknown_connection", unknown.Errors);
    }

    [Fact]
    public async Task A_state_is_set_shown_and_reset_and_rejects_are_asked_for()
    {
        await platform.InstallSampleAsync("files-c1", "stateful");
        await platform.SucceedAsync("connections", "create", "stateful", "--connector", "stateful", "--options", """{"root": "/usr/share/doc/adduser"}""");

        await platform.SucceedAsync("state", "set", "stateful", "--state", """{"page": 7}""");
        await platform.SucceedAsync("sync", "stateful");
        var shown = (await platform.JsonAsync("state", "show", "stateful", "--json"));
        Assert.Equal(7, (int?)shown["streams"]![0]!["state"]!["page"]);
        var stale = await platform.RunAsync("state", "set", "stateful", "--state", "8", "--if-version", "another");
        Assert.Equal(3, stale.ExitCode);
        Assert.Contains("etag_mismatch", stale.Errors);
        Assert.Contains("stream\tversion", (await platform.SucceedAsync("state", "reset", "stateful")).Output);
        Assert.Empty((await platform.JsonAsync("state", "show", "stateful", "--json"))["streams"]!.AsArray());

        Assert.Empty((await platform.JsonAsync("rejects", "list", "--connection", "stateful", "--json"))["items"]!.AsArray());
        foreach (var command in new[] { "show", "replay", "dismiss" })
        {
            var unknown = await platform.RunAsync("rejects", command, "999999999");
            Assert.Equal(3, unknown.ExitCode);
            Assert.Contains("unknown_reject", unknown.Errors);
        }
    }
}
