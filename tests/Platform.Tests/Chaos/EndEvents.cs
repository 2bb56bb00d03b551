using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Tests.Chaos;

/// <summary>The events that tell how runs ended, by run, as a consumer receives them.</summary>
internal sealed class EndEvents : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Type, JsonNode Body)> ends = [];
    private readonly IConnection connection;

    private EndEvents(IConnection connection) => this.connection = connection;

    public static async Task<EndEvents> ListenAsync(string broker)
    {
        var events = new EndEvents(await new ConnectionFactory { Uri = new Uri(broker) }.CreateConnectionAsync());
        var channel = await events.connection.CreateChannelAsync();
        var queue = (await channel.QueueDeclareAsync()).QueueName;
        foreach (var type in (string[])["completed", "failed", "cancelled"])
            await channel.QueueBindAsync(queue, "platform.events", $"sync.{type}.#");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var body = JsonNode.Parse(delivery.Body.Span)!;
            events.ends[(string)body["run_id"]!] = (delivery.RoutingKey, body);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        return events;
    }

    /// <summary>The counts that the run's end was told with.</summary>
    public Task<JsonNode> CountsOfAsync(JsonNode run) => Limits.UntilAsync($"the event of the end of run {run["id"]}", Limits.Event, () =>
        Task.FromResult(ends.TryGetValue((string)run["id"]!, out var end) ? end.Body["counts"] : null));

    /// <summary>Every body that has come, with where it came from.</summary>
    public IEnumerable<(string Where, string Text)> Texts => ends.Values.Select(end => ($"the event {end.Type}", end.Body.ToJsonString()));

    public async ValueTask DisposeAsync() => await connection.DisposeAsync();
}
