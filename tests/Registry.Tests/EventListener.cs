using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Registry.Tests;

internal sealed record HeardEvent(string RoutingKey, string Id, string? Traceparent, string Text)
{
    public JsonElement Body => JsonSerializer.Deserialize<JsonElement>(Text);
}

/// <summary>A consumer with a queue of its own on platform.events.</summary>
internal sealed class EventListener : IAsyncDisposable
{
    private readonly IConnection connection;

    private EventListener(IConnection connection) => this.connection = connection;

    public ConcurrentQueue<HeardEvent> Heard { get; } = [];

    public static async Task<EventListener> StartAsync(string messaging)
    {
        var connection = await new ConnectionFactory { Uri = new(messaging) }.CreateConnectionAsync();
        var listener = new EventListener(connection);
        var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("platform.events", "topic", durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, "platform.events", "#");
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) =>
        {
            string? Header(string name) =>
                message.BasicProperties.Headers?.TryGetValue(name, out var value) == true && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
            listener.Heard.Enqueue(new(message.RoutingKey, Header("cloudEvents_id") ?? "", Header("cloudEvents_traceparent"), Encoding.UTF8.GetString(message.Body.Span)));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return listener;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
