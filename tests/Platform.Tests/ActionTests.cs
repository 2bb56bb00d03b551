using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The commands of docs/cli.md and the request of docs/http-api.md on actions and checks, through the gateway.</summary>
public sealed class ActionTests(PlatformFixture platform)
{
    [Fact]
    public async Task A_connection_is_checked_and_its_connector_asked_for_actions()
    {
        await platform.InstallSampleAsync("files", "acting");
        await platform.SucceedAsync("connections", "create", "acting", "--connector", "acting", "--options", """{"root": "/usr/share/doc/adduser"}""");

        Assert.Contains("passed  root", (await platform.SucceedAsync("connections", "check", "acting")).Output);
        Assert.Contains("largest", (await platform.SucceedAsync("actions", "list", "acting")).Output);
        Assert.Equal("integer", (string?)(await platform.JsonAsync("actions", "show", "acting", "largest", "--json"))["parameters"]!["properties"]!["count"]!["type"]);

        var invoked = await platform.JsonAsync("actions", "invoke", "acting", "largest", "count=3", "--idempotency-key", "system-test", "--json");
        Assert.Equal(("succeeded", 3), ((string?)invoked["outcome"], invoked["result"]!.AsArray().Count));
        var again = await platform.JsonAsync("actions", "invoke", "acting", "largest", "--arguments", """{"count": "3"}""", "--idempotency-key", "system-test", "--json");
        Assert.Equal((string?)invoked["id"], (string?)again["id"]);

        var id = (string)invoked["id"]!;
        Assert.Equal((string?)invoked["id"], (string?)(await platform.JsonAsync("invocations", "show", id, "--json"))["id"]);
        Assert.Equal(3, (await platform.JsonAsync("invocations", "result", id)).AsArray().Count);
        Assert.Contains("has succeeded", (await platform.SucceedAsync("invocations", "log", id)).Output);
        Assert.NotEmpty((await platform.JsonAsync("invocations", "list", "--connection", "acting", "--action", "largest", "--state", "succeeded", "--json"))["items"]!.AsArray());
        Assert.Equal(3, (await platform.RunAsync("invocations", "cancel", id)).ExitCode);
        Assert.Equal(3, (await platform.RunAsync("actions", "invoke", "acting", "largest", "count=-1")).ExitCode);
        Assert.Equal(3, (await platform.RunAsync("actions", "invoke", "acting", "rehash", "path=no/such/file")).ExitCode);
    }
}
