using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace Platform.Tests;

/// <summary>A described service: in a container where there is an engine, else in the sandbox.</summary>
public sealed class ServiceTests(PlatformFixture platform)
{
    private const string Name = "greeter";

    [Fact]
    public async Task A_described_service_is_asked_by_each_of_its_interfaces_and_says_all_that_is_wrong_at_once()
    {
        Repository.Require("go", "golang-go");
        Repository.Require("protoc", "protobuf-compiler");
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, $"#.{Name}");
        Assert.Contains($"Installed {Name}, version 1,", (await platform.SucceedAsync("connectors", "install", "connectors/greeter-oms", "--name", Name)).Output);
        await platform.SucceedAsync("connections", "create", Name, "--connector", Name, "--options", """{"GREETING": "Good day", "SIGNATURE": "a-word-that-nobody-sees"}""");
        Assert.Contains("passed  start", (await platform.SucceedAsync("connections", "check", Name)).Output);

        var schema = (await platform.JsonAsync("actions", "show", Name, "greet", "--json"))["parameters"]!;
        Assert.Equal(("integer", 10, "name"), ((string?)schema["properties"]!["times"]!["type"], (int)schema["properties"]!["times"]!["maximum"]!, (string?)schema["required"]![0]));
        var greeted = await InvokeAsync("greet", """{"name": "Ada & Eve", "times": 2}""");
        Assert.Equal("Good day, Ada & Eve! Good day, Ada & Eve!", (string?)greeted["result"]!["greeting"]);
        Assert.DoesNotContain("nobody-sees", greeted.ToJsonString());
        Assert.Equal(3.5, (double)(await InvokeAsync("sum", """{"numbers": [1, 2.5]}"""))["result"]!);
        Assert.Equal(3, (int)(await InvokeAsync("count", """{"text": "one two\nthree"}"""))["result"]!);
        var days = await InvokeAsync("days", """{"from": "2024-02-28"}""", "--idempotency-key", "service-test");
        Assert.Equal(["2024-02-28", "2024-02-29", "2024-03-01"], days["result"]!["days"]!.AsArray().Select(day => (string?)day));
        Assert.Equal((string?)days["id"], (string?)(await InvokeAsync("days", """{"from": "2024-02-28"}""", "--idempotency-key", "service-test"))["id"]);

        var completed = (await consumer.UntilAllAsync("action.completed"))["action.completed"]["body"]!;
        Assert.Equal(("greet", "succeeded"), ((string?)completed["action"], (string?)completed["outcome"]));

        var refused = await platform.RunAsync("actions", "invoke", Name, "greet", "times=11", "colour=red");
        Assert.Equal(3, refused.ExitCode);
        Assert.All(["arguments.name", "arguments.times", "arguments.colour"], field => Assert.Contains(field, refused.Errors));
        Assert.Contains("sync_not_supported", (await platform.RunAsync("sync", Name)).Errors);
        Assert.Contains("sync_not_supported", (await platform.RunAsync("schedules", "create", Name, "--every", "1h")).Errors);
    }

    [Fact]
    public async Task What_a_service_publishes_becomes_objects_and_is_told_of_until_the_connection_is_deleted()
    {
        Repository.Require("go", "golang-go");
        Repository.Require("protoc", "protobuf-compiler");
        const string name = "greetings";
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, $"#.{name}");
        await platform.SucceedAsync("connectors", "install", "connectors/greeter-oms", "--name", name);
        await platform.SucceedAsync("connections", "create", name, "--connector", name, "--changed-events");
        var id = (string?)(await platform.JsonAsync("subscriptions", "create", name, "greeted", "name=Ada", "--json"))["id"];
        await Limits.UntilAsync("the service to be subscribed to", Limits.Event, async () =>
            await platform.JsonAsync("subscriptions", "show", name, id!, "--json") is var shown && (string?)shown["state"] == "listening" ? shown : null);

        // Only of the one that was asked for.
        await InvokeOnAsync(name, "greet", """{"name": "Eve"}""");
        await InvokeOnAsync(name, "greet", """{"name": "Ada"}""");
        var greeting = await Limits.UntilAsync("the greeting to be an object", Limits.Event, async () => (await ObjectsAsync()).SingleOrDefault());
        Assert.Equal(("greeted", "/greeter"), ((string?)greeting["stream"], (string?)greeting["uri"]));
        Assert.Equal("Hello, Ada!", (string?)JsonNode.Parse((string)greeting["metadata"]!)!["data"]!["greeting"]);
        var changed = (await consumer.UntilAllAsync("objects.changed"))["objects.changed"]["body"]!;
        Assert.Equal((string?)greeting["remote_id"], (string?)changed["changes"]![0]!["remote_id"]);

        await platform.SucceedAsync("connections", "delete", name, "--yes");
        Assert.Contains("unknown_connection", (await platform.RunAsync("objects", "list", "--connection", name, "--json")).Errors + (await platform.RunAsync("subscriptions", "list", name)).Errors);

        async Task<JsonArray> ObjectsAsync() => (await platform.JsonAsync("objects", "list", "--connection", name, "--json"))["items"]!.AsArray();
    }

    private Task<JsonNode> InvokeAsync(string action, string arguments, params string[] more) => InvokeOnAsync(Name, action, arguments, more);

    private async Task<JsonNode> InvokeOnAsync(string connection, string action, string arguments, params string[] more) =>
        await platform.JsonAsync(["actions", "invoke", connection, action, "--arguments", arguments, "--json", .. more]);
}
