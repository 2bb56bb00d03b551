using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

/// <summary>Events of all kinds in batches. The exchange is everybody's: what other tests publish comes too, and is passed over.</summary>
public sealed class EventBatchConsumerTests(ServersFixture servers) : IAsyncLifetime
{
    private const int Bad = 7;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly string type = $"thing.batched-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<int> handled = [];
    private readonly RecordedLogs logs = new();
    private EventBroker broker = null!;
    private IChannel channel = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Queue => "test-" + type;

    public async ValueTask InitializeAsync()
    {
        broker = new(new ConnectionFactory { Uri = new(servers.RabbitMqUri) });
        channel = await (await broker.ConnectAsync(Cancellation)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await channel.QueueDeleteAsync(Queue, cancellationToken: CancellationToken.None);
        await channel.QueueDeleteAsync(Queue + "_dead", cancellationToken: CancellationToken.None);
        await channel.DisposeAsync();
        await broker.DisposeAsync();
    }

    [Fact]
    public async Task One_that_can_never_be_stored_is_parked_and_those_beside_it_are_stored_once_each_in_their_order()
    {
        // They wait while nobody is there, so that they come as one batch.
        using (await StartAsync(broker)) { }
        for (var number = 0; number < 20; number++) await PublishAsync(number);

        using var consumer = await StartAsync(broker);
        await UntilAsync(() => handled.Count == 19, "19 are stored");
        Assert.Equal(Enumerable.Range(0, 20).Where(number => number != Bad), handled);
        var parked = new List<int>();
        await UntilAsync(async () =>
        {
            while (await channel.BasicGetAsync(Queue + "_dead", autoAck: true, Cancellation) is { } message)
                if (message.BasicProperties.Headers?.TryGetValue("cloudEvents_type", out var value) == true && value is byte[] header && Encoding.UTF8.GetString(header) == type)
                    parked.Add(JsonElement.Parse(message.Body.Span).GetProperty("number").GetInt32());
            return parked.Count > 0;
        }, "one is parked");
        Assert.Equal([Bad], parked);
        Assert.Single(logs.Entries, entry => entry.Level == LogLevel.Error && entry.Text.Contains($"{Id(Bad)} can't be stored and is parked in {Queue}_dead"));
    }

    [Fact]
    public async Task With_the_broker_away_in_the_middle_of_them_all_are_stored_once_it_is_back()
    {
        const int first = 100, all = 600;
        var uri = new Uri(servers.RabbitMqUri);
        await using var door = new TcpRelay(uri.Host, uri.Port);
        await using var through = new EventBroker(new ConnectionFactory { Uri = new UriBuilder(uri) { Host = "127.0.0.1", Port = door.Port }.Uri });
        using var consumer = await StartAsync(through);
        var publishing = Task.Run(async () =>
        {
            for (var number = first; number < first + all; number++) await PublishAsync(number);
        }, Cancellation);
        await UntilAsync(() => handled.Count >= 50, "some are stored");

        door.Down();
        await UntilAsync(() => logs.Entries.Any(entry => entry.Text.Contains("wait in the queue until the broker answers again")), "it is noticed");
        await publishing;
        door.Up();

        // At least once: what was stored and not yet acknowledged comes again.
        await UntilAsync(() => handled.Distinct().Count() == all, "all are stored");
        Assert.Equal(Enumerable.Range(first, all), handled.Distinct());
    }

    private Guid Id(int number) => new(number, 0, 0, Guid.Parse("0199f0c4-0000-7000-8000-" + type[^12..]).ToByteArray()[8..]);

    private async Task<IDisposable> StartAsync(EventBroker over)
    {
        var consumer = new EventBatchConsumer(Queue, over, (events, _) =>
        {
            var numbers = events.Where(e => e.Type == type).Select(e => JsonElement.Parse(e.Data).GetProperty("number").GetInt32()).ToList();
            if (numbers.Contains(Bad)) throw new InvalidOperationException("a defect");
            foreach (var number in numbers) handled.Enqueue(number);
            return Task.CompletedTask;
        }, logs.CreateLogger("consumer"));
        await consumer.StartAsync(Cancellation);
        await UntilAsync(async () => await ConsumersAsync() == 1, "it consumes");
        return new Stop(consumer);
    }

    private async Task<uint> ConsumersAsync()
    {
        await using var probe = await (await broker.ConnectAsync(Cancellation)).CreateChannelAsync(cancellationToken: Cancellation);
        return await Record.ExceptionAsync(() => probe.QueueDeclarePassiveAsync(Queue, Cancellation)) is null ? await probe.ConsumerCountAsync(Queue, Cancellation) : 0;
    }

    private async Task PublishAsync(int number)
    {
        var body = $$"""{"number":{{number}}}""";
        var message = new CloudEvent(Id(number), type, type, "/test", DateTimeOffset.UtcNow, body, null);
        await channel.BasicPublishAsync(EventBroker.Exchange, message.RoutingKey, mandatory: false, message.Properties(null), Encoding.UTF8.GetBytes(body), Cancellation);
    }

    private static Task UntilAsync(Func<bool> condition, string what) => UntilAsync(() => Task.FromResult(condition()), what);

    private static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(LookEvery, Cancellation))
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
    }

    private sealed class Stop(EventBatchConsumer consumer) : IDisposable
    {
        public void Dispose()
        {
            consumer.StopAsync(CancellationToken.None).GetAwaiter().GetResult();
            consumer.Dispose();
        }
    }
}
