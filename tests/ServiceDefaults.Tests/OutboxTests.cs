using System.Diagnostics;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Platform.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.ServiceDefaults.Tests;

public sealed class OutboxTests(ServersFixture servers)
{
    /// <summary>Longer than the relay's longest pause between attempts.</summary>
    private static readonly TimeSpan ArrivalTimeout = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_event_arrives_with_every_header_of_its_contract()
    {
        await using var world = await World.StartAsync(servers);
        await using var relay = await world.StartRelayAsync(world.Broker);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Platform",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var id = Guid.CreateVersion7();
        string trace;
        using (var activity = PlatformActivity.Source.StartActivity("change")!)
        {
            trace = activity.TraceId.ToString();
            await world.AppendAsync(new OutboxEvent(id, world.Type, "files.go", "/ingest/runs/1", new Body(7, "ä")));
        }

        var arrived = await world.NextAsync(ArrivalTimeout);

        Assert.Equal($"{world.Type}.files-go", arrived.RoutingKey);
        Assert.Equal("""{"object_count":7,"last_name":"\u00E4"}""", arrived.Text);
        Assert.Equal("application/json", arrived.Properties.ContentType);
        Assert.Equal(DeliveryModes.Persistent, arrived.Properties.DeliveryMode);
        Assert.Equal(id.ToString(), arrived.Properties.MessageId);
        Assert.Equal(id.ToString(), arrived.Header("cloudEvents_id"));
        Assert.Equal(world.Type, arrived.Header("cloudEvents_type"));
        Assert.Equal("/ingest/runs/1", arrived.Header("cloudEvents_source"));
        Assert.Equal("1.0", arrived.Header("cloudEvents_specversion"));
        Assert.True(DateTimeOffset.Parse(arrived.Header("cloudEvents_time")!, null) > DateTimeOffset.UtcNow.AddMinutes(-1));
        Assert.Contains(trace, arrived.Header("cloudEvents_traceparent"), StringComparison.Ordinal);
        await world.EmptyAsync(ArrivalTimeout);
    }

    [Fact]
    public async Task A_rolled_back_change_publishes_nothing()
    {
        await using var world = await World.StartAsync(servers);
        await using (var connection = await world.Data.OpenConnectionAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
        {
            await Outbox.AppendAsync(transaction, world.Event(0), Cancellation);
            await transaction.RollbackAsync(Cancellation);
        }
        await world.AppendAsync(world.Event(1));
        await using var relay = await world.StartRelayAsync(world.Broker);

        Assert.Equal("1", (await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source"));
    }

    [Fact]
    public async Task With_the_broker_away_nothing_is_lost_and_the_order_is_kept()
    {
        await using var world = await World.StartAsync(servers);
        var uri = new Uri(servers.RabbitMqUri);
        await using var door = new TcpRelay(uri.Host, uri.Port);
        await using var broker = new EventBroker(new ConnectionFactory { Uri = new UriBuilder(uri) { Host = "127.0.0.1", Port = door.Port }.Uri });
        await using var relay = await world.StartRelayAsync(broker);
        for (var i = 0; i < 100; i++)
            await world.AppendAsync(world.Event(i));
        Assert.Equal("0", (await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source"));

        door.Down();
        for (var i = 100; i < 300; i++)
            await world.AppendAsync(world.Event(i));
        door.Up();

        // At least once: a batch whose confirms were lost comes again, whole.
        var seen = new List<int> { 0 };
        while (seen[^1] != 299)
            seen.Add(int.Parse((await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source")!));
        Assert.Equal(Enumerable.Range(0, 300), seen.Distinct());
        Assert.All(seen.Zip(seen.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1));
        await world.EmptyAsync(ArrivalTimeout);
    }

    [Fact]
    public async Task Two_relays_publish_everything_once_and_one_takes_over_from_the_other()
    {
        await using var world = await World.StartAsync(servers);
        var first = await world.StartRelayAsync(world.Broker);
        await using var second = await world.StartRelayAsync(world.Broker);
        for (var i = 0; i < 200; i++)
            await world.AppendAsync(world.Event(i));
        for (var i = 0; i < 200; i++)
            Assert.Equal($"{i}", (await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source"));

        await world.EmptyAsync(ArrivalTimeout);
        await first.DisposeAsync();
        await world.AppendAsync(world.Event(200));
        Assert.Equal("200", (await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source"));
        Assert.False(world.Arrived.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_terminated_database_session_is_made_anew()
    {
        await using var world = await World.StartAsync(servers);
        await using var relay = await world.StartRelayAsync(world.Broker);
        await world.AppendAsync(world.Event(0));
        await world.NextAsync(ArrivalTimeout);
        await using (var kill = world.Data.CreateCommand(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'outbox relay' and datname = current_database()"))
            Assert.Equal(1L, await kill.ExecuteScalarAsync(Cancellation));

        await world.AppendAsync(world.Event(1));

        // Killed between the confirm and the delete, the first one comes again.
        var next = await world.NextAsync(ArrivalTimeout);
        if (next.Header("cloudEvents_source") == "0")
            next = await world.NextAsync(ArrivalTimeout);
        Assert.Equal("1", next.Header("cloudEvents_source"));
    }

    [Fact]
    public async Task News_is_dropped_within_a_second_when_the_broker_is_away()
    {
        await using var world = await World.StartAsync(servers);
        var uri = new Uri(servers.RabbitMqUri);
        await using var door = new TcpRelay(uri.Host, uri.Port);
        await using var broker = new EventBroker(new ConnectionFactory { Uri = new UriBuilder(uri) { Host = "127.0.0.1", Port = door.Port }.Uri });
        await using var publisher = new EventPublisher(broker);

        Assert.True(await publisher.TryPublishAsync(world.Event(0), Cancellation));
        Assert.Equal("0", (await world.NextAsync(ArrivalTimeout)).Header("cloudEvents_source"));
        door.Down();
        var began = Stopwatch.GetTimestamp();
        for (var published = true; published;)
        {
            // What was handed to a connection that nobody knows to be dead yet counts as published.
            var one = Stopwatch.GetTimestamp();
            published = await publisher.TryPublishAsync(world.Event(1), Cancellation);
            Assert.InRange(Stopwatch.GetElapsedTime(one), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            Assert.True(Stopwatch.GetElapsedTime(began) < ArrivalTimeout);
        }
        door.Up();
        began = Stopwatch.GetTimestamp();
        while (!await publisher.TryPublishAsync(world.Event(2), Cancellation))
            Assert.True(Stopwatch.GetElapsedTime(began) < ArrivalTimeout);
    }

    internal sealed record Body(int ObjectCount, string LastName);

    internal sealed record Arrival(string RoutingKey, IReadOnlyBasicProperties Properties, string Text)
    {
        public string? Header(string name) => Properties.Headers?[name] is byte[] value ? Encoding.UTF8.GetString(value) : null;
    }

    /// <summary>A database with an outbox and a queue bound to an event type of its own.</summary>
    private sealed class World : IAsyncDisposable
    {
        private readonly string database;

        private World(string database, string rabbitMq)
        {
            this.database = database;
            Data = NpgsqlDataSource.Create(database);
            Broker = new EventBroker(new ConnectionFactory { Uri = new Uri(rabbitMq) });
        }

        public string Type { get; } = $"test.{Guid.NewGuid():N}";
        public NpgsqlDataSource Data { get; }
        public EventBroker Broker { get; }
        public Channel<Arrival> Arrived { get; } = Channel.CreateUnbounded<Arrival>();

        public static async Task<World> StartAsync(ServersFixture servers)
        {
            var world = new World(servers.PostgresConnectionString("outbox"), servers.RabbitMqUri);
            await Migrator.ApplyAsync(world.database, "outbox", Migrator.Read(typeof(Outbox).Assembly), Cancellation);
            var channel = await (await world.Broker.ConnectAsync(Cancellation)).CreateChannelAsync(cancellationToken: Cancellation);
            var queue = await channel.QueueDeclareAsync(exclusive: true, cancellationToken: Cancellation);
            await channel.QueueBindAsync(queue.QueueName, EventBroker.Exchange, $"{world.Type}.#", cancellationToken: Cancellation);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += async (_, delivery) => await world.Arrived.Writer.WriteAsync(
                new Arrival(delivery.RoutingKey, new BasicProperties(delivery.BasicProperties), Encoding.UTF8.GetString(delivery.Body.Span)));
            await channel.BasicConsumeAsync(queue.QueueName, autoAck: true, consumer, Cancellation);
            return world;
        }

        public async Task<RunningRelay> StartRelayAsync(EventBroker broker)
        {
            var relay = new OutboxRelay(database, broker, NullLogger<OutboxRelay>.Instance);
            await relay.StartAsync(Cancellation);
            return new RunningRelay(relay);
        }

        public OutboxEvent Event(int number) => new(Guid.CreateVersion7(), Type, null, $"{number}", new Body(number, ""));

        public async Task AppendAsync(OutboxEvent outboxEvent)
        {
            await using var connection = await Data.OpenConnectionAsync(Cancellation);
            await using var transaction = await connection.BeginTransactionAsync(Cancellation);
            await Outbox.AppendAsync(transaction, outboxEvent, Cancellation);
            await transaction.CommitAsync(Cancellation);
        }

        public Task<Arrival> NextAsync(TimeSpan timeout) => Arrived.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(timeout, Cancellation);

        public async Task EmptyAsync(TimeSpan timeout)
        {
            var began = Stopwatch.GetTimestamp();
            await using var count = Data.CreateCommand("select count(*) from outbox");
            while (await count.ExecuteScalarAsync(Cancellation) is not 0L)
                Assert.True(Stopwatch.GetElapsedTime(began) < timeout, "The outbox was not emptied.");
        }

        public async ValueTask DisposeAsync()
        {
            await Broker.DisposeAsync();
            await Data.DisposeAsync();
        }
    }

    private sealed class RunningRelay(OutboxRelay relay) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await relay.StopAsync(CancellationToken.None);
            relay.Dispose();
        }
    }
}
