using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

/// <summary>Events of all kinds in batches. The exchange is everybody's: what other tests publish comes too, and is passed over.</summary>
public sealed class EventBatchConsumerTests(ServersFixture servers) : EventQueueTest(servers)
{
    private const int Bad = 7;
    private readonly ConcurrentQueue<int> handled = [];

    [Fact]
    public async Task One_that_can_never_be_stored_is_parked_and_those_beside_it_are_stored_once_each_in_their_order()
    {
        // They wait while nobody is there, so that they come as one batch.
        using (await StartAsync(Broker)) { }
        for (var number = 0; number < 20; number++) await PublishAsync(number);

        using var consumer = await StartAsync(Broker);
        await UntilAsync("19 are stored", () => handled.Count == 19);
        Assert.Equal(Enumerable.Range(0, 20).Where(number => number != Bad), handled);
        var parked = new List<int>();
        await UntilAsync("one is parked", async () =>
        {
            while (await Channel.BasicGetAsync(Queue + "_dead", autoAck: true, Cancellation) is { } message)
                if (message.BasicProperties.Headers?.TryGetValue("cloudEvents_type", out var value) == true && value is byte[] header && Encoding.UTF8.GetString(header) == Type)
                    parked.Add(JsonElement.Parse(message.Body.Span).GetProperty("number").GetInt32());
            return parked.Count > 0;
        });
        Assert.Equal([Bad], parked);
        Assert.Single(Logs.Entries, entry => entry.Level == LogLevel.Error && entry.Text.Contains($"{Id(Bad)} can't be stored and is parked in {Queue}_dead"));
    }

    [Fact]
    public async Task With_the_broker_away_in_the_middle_of_them_all_are_stored_once_it_is_back()
    {
        const int first = 100, all = 600;
        await using var door = new TcpRelay(Server.Host, Server.Port);
        await using var through = Through(door);
        using var consumer = await StartAsync(through);
        var publishing = Task.Run(async () =>
        {
            for (var number = first; number < first + all; number++) await PublishAsync(number);
        }, Cancellation);
        await UntilAsync("some are stored", () => handled.Count >= 50);

        door.Down();
        await UntilAsync("it is noticed", () => Logs.Entries.Any(entry => entry.Text.Contains("wait in the queue until the broker answers again")));
        await publishing;
        door.Up();

        // At least once: what was stored and not yet acknowledged comes again.
        await UntilAsync("all are stored", () => handled.Distinct().Count() == all);
        Assert.Equal(Enumerable.Range(first, all), handled.Distinct());
    }

    private Guid Id(int number) => new(number, 0, 0, Guid.Parse("0199f0c4-0000-7000-8000-" + Type[^12..]).ToByteArray()[8..]);

    private async Task<IDisposable> StartAsync(EventBroker over)
    {
        var consumer = new EventBatchConsumer(Queue, over, (events, _) =>
        {
            var numbers = events.Where(e => e.Type == Type).Select(e => JsonElement.Parse(e.Data).GetProperty("number").GetInt32()).ToList();
            if (numbers.Contains(Bad)) throw new InvalidOperationException("a defect");
            foreach (var number in numbers) handled.Enqueue(number);
            return Task.CompletedTask;
        }, Logs.CreateLogger("consumer"));
        await consumer.StartAsync(Cancellation);
        await UntilAsync("it consumes", async () => await ConsumersAsync(Queue) == 1);
        return new Stop(consumer);
    }

    private async Task PublishAsync(int number)
    {
        var body = $$"""{"number":{{number}}}""";
        var message = new CloudEvent(Id(number), Type, Type, "/test", DateTimeOffset.UtcNow, body, null);
        await Channel.BasicPublishAsync(EventBroker.Exchange, message.RoutingKey, mandatory: false, message.Properties(null), Encoding.UTF8.GetBytes(body), Cancellation);
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
