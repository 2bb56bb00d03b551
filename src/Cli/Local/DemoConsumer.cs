using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Platform.Cli.Api;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.Cli.Local;

/// <summary>An event consumer like anybody's: a queue of its own, bound to the platform's exchange.</summary>
internal sealed class DemoConsumer : IAsyncDisposable
{
    private const string Exchange = "platform.events";
    private readonly IConnection connection;
    private readonly Channel<HeardEvent> heard = System.Threading.Channels.Channel.CreateUnbounded<HeardEvent>();

    private DemoConsumer(IConnection connection) => this.connection = connection;

    public static async Task<DemoConsumer> BindAsync(Uri broker, string key, CancellationToken cancel)
    {
        var connection = await new ConnectionFactory { Uri = broker, ClientProvidedName = "demo" }.CreateConnectionAsync(cancel);
        var consumer = new DemoConsumer(connection);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true, cancellationToken: cancel);
        var queue = await channel.QueueDeclareAsync(cancellationToken: cancel);
        await channel.QueueBindAsync(queue.QueueName, Exchange, key, cancellationToken: cancel);
        var receiver = new AsyncEventingBasicConsumer(channel);
        receiver.ReceivedAsync += (_, delivery) =>
        {
            consumer.heard.Writer.TryWrite(Read(delivery));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, receiver, cancel);
        return consumer;
    }

    /// <returns>Null: it did not come in time.</returns>
    public async Task<HeardEvent?> WaitForAsync(Func<JsonElement, bool> isIt, TimeSpan within, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(within);
        try
        {
            await foreach (var item in heard.Reader.ReadAllAsync(deadline.Token))
                if (isIt(item.Body)) return item;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
        }

        return null;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static HeardEvent Read(BasicDeliverEventArgs delivery) => new(
        delivery.RoutingKey,
        (delivery.BasicProperties.Headers ?? new Dictionary<string, object?>())
            .Where(header => header.Key.StartsWith("cloudEvents_", StringComparison.Ordinal))
            .ToDictionary(header => header.Key, header => header.Value is byte[] text ? Encoding.UTF8.GetString(text) : $"{header.Value}"),
        JsonSerializer.Deserialize<JsonElement>(delivery.Body.Span, ApiJson.Options));
}

internal sealed record HeardEvent(string RoutingKey, IReadOnlyDictionary<string, string> Headers, JsonElement Body);
