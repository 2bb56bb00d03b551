using System.Text.Json;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Runner.Tests;

/// <summary>A consumer with a queue of its own on platform.events. The broker is everybody's: ask for the events of what is one's own.</summary>
internal sealed class EventQueue : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly IConnection connection;
    private readonly Channel<JsonElement> heard = Channel.CreateUnbounded<JsonElement>();

    private EventQueue(IConnection connection) => this.connection = connection;

    public static async Task<EventQueue> BindAsync(string messaging, string pattern)
    {
        var connection = await new ConnectionFactory { Uri = new(messaging) }.CreateConnectionAsync();
        var events = new EventQueue(connection);
        var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync("platform.events", "topic", durable: true);
        var queue = await channel.QueueDeclareAsync();
        await channel.QueueBindAsync(queue.QueueName, "platform.events", pattern);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) =>
        {
            events.heard.Writer.TryWrite(JsonSerializer.Deserialize<JsonElement>(message.Body.Span));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer);
        return events;
    }

    /// <summary>The next one that is wanted; those before it are gone.</summary>
    public async Task<JsonElement> NextAsync(Func<JsonElement, bool> wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while (true)
            if (await heard.Reader.ReadAsync(limit.Token) is var next && wanted(next))
                return next;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
