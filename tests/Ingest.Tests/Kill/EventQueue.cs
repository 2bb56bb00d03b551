using System.Text.Json;
using Platform.ServiceDefaults;
using RabbitMQ.Client;

namespace Platform.Ingest.Tests.Kill;

/// <summary>A durable queue with every event of one connection, as a consumer has it.</summary>
internal sealed class EventQueue : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);
    private readonly ConnectionFactory _factory;
    private readonly string _queue = $"events-{Guid.NewGuid():N}";
    private readonly Guid _connectionId;

    private EventQueue(string broker, Guid connectionId) => (_factory, _connectionId) = (new() { Uri = new(broker) }, connectionId);

    /// <summary>Ids in the order of their arrival.</summary>
    public List<Guid> Arrived { get; } = [];

    public List<JsonElement> Bodies { get; } = [];

    public static async Task<EventQueue> BindAsync(string broker, Guid connectionId)
    {
        var queue = new EventQueue(broker, connectionId);
        await using var connection = await queue._factory.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        await channel.ExchangeDeclareAsync(EventBroker.Exchange, ExchangeType.Topic, durable: true, cancellationToken: TestContext.Current.CancellationToken);
        await channel.QueueDeclareAsync(queue._queue, durable: true, exclusive: false, autoDelete: false, cancellationToken: TestContext.Current.CancellationToken);
        await channel.QueueBindAsync(queue._queue, EventBroker.Exchange, "#", cancellationToken: TestContext.Current.CancellationToken);
        return queue;
    }

    /// <summary>Takes what is there and what comes until all of these have come.</summary>
    public async Task ArriveAsync(IReadOnlyCollection<Guid> expected)
    {
        await using var connection = await _factory.CreateConnectionAsync(TestContext.Current.CancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: TestContext.Current.CancellationToken);
        var missing = expected.Except(Arrived).ToHashSet();
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            if (await channel.BasicGetAsync(_queue, autoAck: true, TestContext.Current.CancellationToken) is { } message)
            {
                missing.Remove(Keep(message));
                started = TimeProvider.System.GetTimestamp();
            }
            else if (missing.Count == 0)
                return;
            else if (TimeProvider.System.GetElapsedTime(started) > Timeout)
                throw new TimeoutException($"{missing.Count} of {expected.Count} events did not come, and no other one within {Timeout}.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using var connection = await _factory.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        await channel.QueueDeleteAsync(_queue);
    }

    private Guid Keep(BasicGetResult message)
    {
        var id = Guid.Parse(message.BasicProperties.MessageId!);
        var body = JsonDocument.Parse(message.Body).RootElement;
        // Others use the exchange too.
        if (body.TryGetProperty("connection_id", out var connection) && connection.GetGuid() == _connectionId)
        {
            Arrived.Add(id);
            Bodies.Add(body);
        }

        return id;
    }
}
