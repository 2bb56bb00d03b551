using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

public sealed class EventConsumerTests(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly string type = $"thing.gone-{Guid.NewGuid():N}";
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
    public async Task Every_event_of_the_type_comes_once_it_is_done_it_does_not_come_again()
    {
        await using (await StartAsync(broker, Handle))
        {
            await PublishAsync(type, """{"number":1}""");
            await PublishAsync(type + ".files", """{"number":2}""");
            await PublishAsync(type + "x", """{"number":3}""");
            await PublishAsync(type, """{"number":4}""");
            await HandledAsync(1, 2, 4);
        }

        // While nobody is there it waits in the queue.
        await PublishAsync(type, """{"number":5}""");
        await using (await StartAsync(broker, Handle))
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
        await using (await StartAsync(broker, Flaky))
        {
            await PublishAsync(type, """{"number":1}""");
            await UntilAsync(() => logs.Entries.Any(e => e.Text.Contains("is tried again")));
        }

        // Stopped in the middle of it: another one gets it.
        await using var second = await StartAsync(broker, Flaky);
        await UntilAsync(() => logs.Entries.Count(e => e.Text.Contains("is tried again")) == 2);
        Volatile.Write(ref down, false);
        await HandledAsync(1);
    }

    [Fact]
    public async Task What_can_never_be_done_is_parked_and_does_not_hold_up_the_others()
    {
        await using var consumer = await StartAsync(broker, (thing, cancellation) =>
            thing.Number == 2 ? throw new InvalidOperationException("a defect") : Handle(thing, cancellation));
        await PublishAsync(type, "no json");
        await PublishAsync(type, "null");
        await PublishAsync(type, """{"number":2}""");
        await PublishAsync(type, """{"number":3}""");
        await HandledAsync(3);

        var parked = new List<string>();
        await UntilAsync(async () =>
        {
            while (await channel.BasicGetAsync(Queue + "_dead", autoAck: true, Cancellation) is { } message)
                parked.Add(Encoding.UTF8.GetString(message.Body.Span));
            return parked.Count >= 3;
        });
        Assert.Equal(["no json", "null", """{"number":2}"""], parked.Order(StringComparer.Ordinal));
        Assert.Equal(3, logs.Entries.Count(e => e.Level == LogLevel.Error && e.Text.Contains("is parked in " + Queue + "_dead")));
    }

    [Fact]
    public async Task What_takes_long_does_not_hold_up_the_others()
    {
        var end = new TaskCompletionSource();
        await using var consumer = await StartAsync(broker, async (thing, cancellation) =>
        {
            if (thing.Number == 1) await end.Task.WaitAsync(cancellation);
            await Handle(thing, cancellation);
        });
        await PublishAsync(type, """{"number":1}""");
        await PublishAsync(type, """{"number":2}""");
        await HandledAsync(2);

        end.SetResult();
        await HandledAsync(1, 2);
    }

    [Fact]
    public async Task With_the_broker_away_it_goes_on_once_it_is_back()
    {
        var uri = new Uri(servers.RabbitMqUri);
        await using var door = new TcpRelay(uri.Host, uri.Port);
        await using var through = new EventBroker(new ConnectionFactory { Uri = new UriBuilder(uri) { Host = "127.0.0.1", Port = door.Port }.Uri });
        await using var consumer = await StartAsync(through, Handle);
        await PublishAsync(type, """{"number":1}""");
        await HandledAsync(1);

        door.Down();
        await PublishAsync(type, """{"number":2}""");
        await UntilAsync(() => logs.Entries.Any(e => e.Text.Contains("wait until the broker answers again")));
        door.Up();
        await HandledAsync(1, 2);
    }

    [Fact]
    public async Task With_queues_of_their_own_all_replicas_hear_of_it_and_leave_nothing_behind()
    {
        var other = new ConcurrentQueue<int>();
        await using (await StartAsync(broker, Handle, Queue + "-a"))
        await using (await StartAsync(broker, (thing, _) =>
        {
            other.Enqueue(thing.Number);
            return Task.CompletedTask;
        }, Queue + "-b"))
        {
            await PublishAsync(type, "no json");
            await PublishAsync(type, """{"number":1}""");
            await HandledAsync(1);
            await UntilAsync(() => other.SequenceEqual([1]));
            Assert.Equal(2, logs.Entries.Count(e => e.Level == LogLevel.Error && e.Text.Contains("is dropped")));
        }

        foreach (var queue in (string[])["-a", "-b", "-a_dead", "-b_dead"])
            await UntilAsync(async () => await ConsumersAsync(Queue + queue) is null);
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
        var consumer = new EventConsumer<Thing>(own ?? Queue, type, over, handle, logs.CreateLogger("consumer"), ownQueue: own is not null);
        await consumer.StartAsync(Cancellation);
        // Bound: else what is published now would go nowhere.
        await UntilAsync(async () => await ConsumersAsync(own ?? Queue) == 1);
        return new Stop(consumer);
    }

    // Null: there is no such queue.
    private async Task<uint?> ConsumersAsync(string queue)
    {
        await using var probe = await (await broker.ConnectAsync(Cancellation)).CreateChannelAsync(cancellationToken: Cancellation);
        return await Record.ExceptionAsync(() => probe.QueueDeclarePassiveAsync(queue, Cancellation)) is null ? await probe.ConsumerCountAsync(queue, Cancellation) : null;
    }

    // Confirmed: it is in the queue, if there is one.
    private async Task PublishAsync(string routingKey, string body) => await channel.BasicPublishAsync(
        EventBroker.Exchange, routingKey, mandatory: false, new BasicProperties { MessageId = Guid.NewGuid().ToString() }, Encoding.UTF8.GetBytes(body), Cancellation);

    private Task HandledAsync(params int[] numbers) => UntilAsync(() => handled.Distinct().Order().SequenceEqual(numbers));

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not so after {Patience}.");
            await Task.Delay(LookEvery, Cancellation);
        }
    }

    private sealed class Stop(EventConsumer<Thing> consumer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await consumer.StopAsync(CancellationToken.None);
            consumer.Dispose();
        }
    }
}
