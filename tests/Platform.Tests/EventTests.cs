using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Json.Schema;
using Platform.Gateway.Tests.Webhooks;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Tests;

/// <summary>Events of the running platform, as a consumer of RabbitMQ and as a webhook's target have them.</summary>
public sealed class EventTests(PlatformFixture platform)
{
    private static readonly string[] Awaited = ["connector.installed", "connection.created", "sync.started", "sync.completed", "objects.changed", "action.completed", "connection.deleted"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_and_webhooks_of_a_connections_life_are_as_the_documents_say()
    {
        const string name = "told";
        var messages = new ConcurrentQueue<(string Key, JsonObject Headers, JsonNode Body)>();
        await using var connection = await ListenAsync(messages);
        await using var target = await Target.StartAsync(PlatformFixture.LiveTarget);
        var webhook = await MadeAsync("/v1/webhooks", $$"""{"name": "{{name}}", "url": "{{target.Url}}/hook", "types": ["connection.*", "sync.completed"], "connections": ["{{name}}"]}""");

        await platform.InstallSampleAsync("files", name);
        await MadeAsync("/v1/connections", new JsonObject { ["name"] = name, ["connector"] = name, ["options"] = new JsonObject { ["root"] = platform.MakeTree(name) }, ["changed_events"] = true }.ToJsonString());
        await platform.Api.SyncAsync(name);
        var action = (string)(await platform.Api.GetAsync($"/v1/connections/{name}/actions"))["items"]!.AsArray().Select(item => item!["name"]!).First(n => (string)n! == "largest")!;
        (await platform.Api.SendAsync(HttpMethod.Post, $"/v1/connections/{name}/actions/{action}", """{"arguments": {"count": 1}, "wait_seconds": 50}""")).Response.Dispose();
        (await platform.Api.SendAsync(HttpMethod.Delete, $"/v1/connections/{name}")).Response.Dispose();

        var own = await Limits.UntilAsync("a message of each type", Limits.Event, () => Task.FromResult(
            Of(name, messages) is var some && Awaited.All(type => some.Any(m => TypeOf(m) == type)) ? some : null));
        var schemas = (await platform.Api.GetAsync("/asyncapi.json"))["components"]!["schemas"]!;
        foreach (var (key, headers, body) in own)
        {
            var type = TypeOf((key, headers, body));
            Assert.Equal($"{type}.{name}", key);
            Assert.True(Fits(schemas["cloudEventHeaders"]!, headers), headers.ToJsonString());
            Assert.True(Fits(schemas[type]!, body), $"{type}: {body.ToJsonString()}");
        }

        var sent = await Limits.UntilAsync("three requests of the webhook", Limits.Event, () => Task.FromResult(target.Requests.ToArray() is { Length: >= 3 } all ? all : null));
        Assert.Equal(["connection.created", "sync.completed", "connection.deleted"], sent.Select(request => request.Event.GetProperty("type").GetString()));
        Assert.All(sent, request => Assert.True(request.IsSignedWith((string)webhook["secret"]!)));
        // The same event has the same id, however it comes.
        Assert.All(sent, request => Assert.Contains(own, m => (string)m.Headers["cloudEvents_id"]! == request.Headers["webhook-id"]));
    }

    private async Task<IConnection> ListenAsync(ConcurrentQueue<(string, JsonObject, JsonNode)> messages)
    {
        var broker = await platform.App.GetConnectionStringAsync("messaging", Cancel);
        var connection = await new ConnectionFactory { Uri = new Uri(broker!) }.CreateConnectionAsync(Cancel);
        var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        var queue = (await channel.QueueDeclareAsync(cancellationToken: Cancel)).QueueName;
        await channel.QueueBindAsync(queue, "platform.events", "#", cancellationToken: Cancel);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var headers = new JsonObject((delivery.BasicProperties.Headers ?? new Dictionary<string, object?>()).Where(h => h.Value is byte[])
                .Select(h => KeyValuePair.Create(h.Key, (JsonNode?)Encoding.UTF8.GetString((byte[])h.Value!))));
            messages.Enqueue((delivery.RoutingKey, headers, JsonNode.Parse(delivery.Body.Span)!));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer, Cancel);
        return connection;
    }

    private static (string Key, JsonObject Headers, JsonNode Body)[] Of(string connector, IEnumerable<(string Key, JsonObject Headers, JsonNode Body)> messages) =>
        [.. messages.Where(m => (string?)m.Body["connector"] == connector)];

    private static string TypeOf((string Key, JsonObject Headers, JsonNode Body) message) => (string)message.Headers["cloudEvents_type"]!;

    private async Task<JsonNode> MadeAsync(string path, string body)
    {
        var (status, made, response) = await platform.Api.SendAsync(HttpMethod.Post, path, body);
        response.Dispose();
        Assert.True(status is System.Net.HttpStatusCode.Created, $"{path}: {made}");
        return made!;
    }

    private static bool Fits(JsonNode schema, JsonNode value) => JsonSchema.FromText(schema.ToJsonString()).Evaluate(JsonElement.Parse(value.ToJsonString())).IsValid;
}
