using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>The commands of docs/cli.md and the request of docs/http-api.md on actions and checks, through the gateway.</summary>
public sealed class ActionTests(PlatformFixture platform)
{
    [Fact]
    public async Task A_connection_is_checked_and_its_connector_asked_for_actions()
    {
        await platform.InstallSampleAsync("files", "acting");
        await SucceedAsync("connections", "create", "acting", "--connector", "acting", "--options", """{"root": "/usr/share/doc/adduser"}""");

        Assert.Contains("passed  root", (await SucceedAsync("connections", "check", "acting")).Output);
        Assert.Contains("largest", (await SucceedAsync("actions", "list", "acting")).Output);
        Assert.Equal("integer", (string?)Json(await SucceedAsync("actions", "show", "acting", "largest", "--json"))["parameters"]!["properties"]!["count"]!["type"]);

        var invoked = Json(await SucceedAsync("actions", "invoke", "acting", "largest", "count=3", "--idempotency-key", "system-test", "--json"));
        Assert.Equal(("succeeded", 3), ((string?)invoked["outcome"], invoked["result"]!.AsArray().Count));
        var again = Json(await SucceedAsync("actions", "invoke", "acting", "largest", "--arguments", """{"count": "3"}""", "--idempotency-key", "system-test", "--json"));
        Assert.Equal((string?)invoked["id"], (string?)again["id"]);

        var id = (string)invoked["id"]!;
        Assert.Equal((string?)invoked["id"], (string?)Json(await SucceedAsync("invocations", "show", id, "--json"))["id"]);
        Assert.Equal(3, Json(await SucceedAsync("invocations", "result", id)).AsArray().Count);
        Assert.Contains("has succeeded", (await SucceedAsync("invocations", "log", id)).Output);
        Assert.NotEmpty(Json(await SucceedAsync("invocations", "list", "--connection", "acting", "--action", "largest", "--state", "succeeded", "--json"))["items"]!.AsArray());
        Assert.Equal(3, (await RunAsync("invocations", "cancel", id)).ExitCode);
        Assert.Equal(3, (await RunAsync("actions", "invoke", "acting", "largest", "count=-1")).ExitCode);
        Assert.Equal(3, (await RunAsync("actions", "invoke", "acting", "rehash", "path=no/such/file")).ExitCode);
    }

    private static JsonNode Json(CommandResult result) => JsonNode.Parse(result.Output)!;

    private async Task<CommandResult> SucceedAsync(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"platform {string.Join(' ', arguments)} exited with {result.ExitCode}\n{result.Output}\n{result.Errors}");
        return result;
    }

    private Task<CommandResult> RunAsync(params string[] arguments) => CommandLine.RunAsync(
        new Dictionary<string, string> { ["PLATFORM_URL"] = platform.GatewayUrl.ToString(), ["PLATFORM_TOKEN"] = platform.Token }, arguments);
}
