using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

public sealed class EventConsumerTests(ServersFixture servers) : EventQueueTest(servers)
{
    private readonly ConcurrentQueue<int> handled = [];

    [Fact]
    public async Task Every_event_of_the_type_comes_once_it_is_done_it_does_not_come_again()
    {
        await using (await StartAsync(Broker, Handle))
        {
            await PublishAsync(Type, """{"number":1}""");
            await PublishAsync(Type + ".files", """{"number":2}""");
            await PublishAsync(Type + "x", """{"number":3}""");
            await PublishAsync(Type, """{"number":4}""");
            await HandledAsync(1, 2, 4);
        }

        // While nobody is there it waits in the queue.
        await PublishAsync(Type, """{"number":5}""");
        await using (await StartAsync(Broker, Handle))
            await HandledAsync(1, 2, 4, 5);
    }

    [Fact]
    public async Task What_fails_for_an_outage_is_tried_until_it_is_over_and_stays_the_brokers_until_then()
    {
        var down = true;
        async Task Flaky(Thing thing, CancellationToken cancellation)
        {
            if (Volatile.Read(ref down)) throw new TimeoutException("The database is away.");
            await Handle(thing, cancellation);
        }
        await using (await StartAsync(Broker, Flaky))
        {
            await PublishAsync(Type, """{"number":1}""");
            await UntilAsync("it is tried again", () => Logs.Entries.Any(e => e.Text.Contains("is tried again")));
        }

        // Stopped in the middle of it: another one gets it.
        await using var second = await StartAsync(Broker, Flaky);
        await UntilAsync("it is tried again by the other", () => Logs.Entries.Count(e => e.Text.Contains("is tried again")) == 2);
        Volatile.Write(ref down, false);
        await HandledAsync(1);
    }

    [Fact]
    public async Task What_can_never_be_done_is_parked_and_does_not_hold_up_the_others()
    {
        await using var consumer = await StartAsync(Broker, (thing, cancellation) =>
            thing.Number == 2 ? throw new InvalidOperationException("a defect") : Handle(thing, cancellation));
        await PublishAsync(Type, "no json");
        await PublishAsync(Type, "null");
        await PublishAsync(Type, """{"number":2}""");
        await PublishAsync(Type, """{"number":3}""");
        await HandledAsync(3);

        var parked = new List<string>();
        await UntilAsync("three are parked", async () =>
        {
            while (await Channel.BasicGetAsync(Queue + "_dead", autoAck: true, Cancellation) is { } message)
                parked.Add(Encoding.UTF8.GetString(message.Body.Span));
            return parked.Count >= 3;
        });
        Assert.Equal(["no json", "null", """{"number":2}"""], parked.Order(StringComparer.Ordinal));
        Assert.Equal(3, Logs.Entries.Count(e => e.Level == LogLevel.Error && e.Text.Contains("is parked in " + Queue + "_dead")));
    }

    [Fact]
    public async Task What_takes_long_does_not_hold_up_the_others()
    {
        var end = new TaskCompletionSource();
        await using var consumer = await StartAsync(Broker, async (thing, cancellation) =>
        {
            if (thing.Number == 1) await end.Task.WaitAsync(cancellation);
            await Handle(thing, cancellation);
        });
        await PublishAsync(Type, """{"number":1}""");
        await PublishAsync(Type, """{"number":2}""");
        await HandledAsync(2);

        end.SetResult();
        await HandledAsync(1, 2);
    }

    [Fact]
    public async Task With_the_broker_away_it_goes_on_once_it_is_back()
    {
        await using var door = new TcpRelay(Server.Host, Server.Port);
        await using var through = Through(door);
        await using var consumer = await StartAsync(through, Handle);
        await PublishAsync(Type, """{"number":1}""");
        await HandledAsync(1);

        door.Down();
        await PublishAsync(Type, """{"number":2}""");
        await UntilAsync("it is noticed", () => Logs.Entries.Any(e => e.Text.Contains("wait until the broker answers again")));
        door.Up();
        await HandledAsync(1, 2);
    }

    [Fact]
    public async Task With_queues_of_their_own_all_replicas_hear_of_it_and_leave_nothing_behind()
    {
        var other = new ConcurrentQueue<int>();
        await using (await StartAsync(Broker, Handle, Queue + "-a"))
        await using (await StartAsync(Broker, (thing, _) =>
        {
            other.Enqueue(thing.Number);
            return Task.CompletedTask;
        }, Queue + "-b"))
        {
            await PublishAsync(Type, "no json");
            await PublishAsync(Type, """{"number":1}""");
            await HandledAsync(1);
            await UntilAsync("the other hears of it", () => other.SequenceEqual([1]));
            Assert.Equal(2, Logs.Entries.Count(e => e.Level == LogLevel.Error && e.Text.Contains("is dropped")));
        }

        foreach (var queue in (string[])["-a", "-b", "-a_dead", "-b_dead"])
            await UntilAsync("the queue is gone", async () => await ConsumersAsync(Queue + queue) is null);
    }

    private sealed record Thing(int Number);

    private Task Handle(Thing thing, CancellationToken cancellation)
    {
        handled.Enqueue(thing.Number);
        return Task.CompletedTask;
    }

    /// <param name="own">The name of its own queue; null: it shares the service's.</param>
    private async Task<IAsyncDisposable> StartAsync(EventBroker over, Func<Thing, CancellationToken, Task> handle, string? own = null)
    {
        var consumer = new EventConsumer<Thing>(own ?? Queue, Type, over, handle, Logs.CreateLogger("consumer"), ownQueue: own is not null);
        await consumer.StartAsync(Cancellation);
        // Bound: else what is published now would go nowhere.
        await UntilAsync("it consumes", async () => await ConsumersAsync(own ?? Queue) == 1);
        return new Stop(consumer);
    }

    // Confirmed: it is in the queue, if there is one.
    private async Task PublishAsync(string routingKey, string body) => await Channel.BasicPublishAsync(
        EventBroker.Exchange, routingKey, mandatory: false, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, Encoding.UTF8.GetBytes(body), Cancellation);

    private Task HandledAsync(params int[] numbers) => UntilAsync("they are handled", () => handled.Distinct().Order().SequenceEqual(numbers));

    private sealed class Stop(EventConsumer<Thing> consumer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await consumer.StopAsync(CancellationToken.None);
            consumer.Dispose();
        }
    }
}
