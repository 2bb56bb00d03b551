using System.Text;
using System.Text.Json;
using Platform.Contracts;
using Platform.Servers;
using Platform.ServiceDefaults;
using RabbitMQ.Client;

namespace Platform.Gateway.Tests.Events;

/// <summary>From the broker to the table. The only class whose gateways have a broker: they share one queue.</summary>
public sealed class EventIntakeTests(ServersFixture servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_comes_once_on_every_replica_also_what_happened_while_no_gateway_was_there()
    {
        var database = servers.PostgresConnectionString("intake");
        await using var broker = new EventBroker(new ConnectionFactory { Uri = new(servers.RabbitMqUri) });
        await using var channel = await (await broker.ConnectAsync(Cancellation)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
        var connection = $"c{Guid.NewGuid():N}"[..20];
        await using (var first = await GatewayReplica.StartAsync(database, servers.RabbitMqUri))
        await using (var second = await GatewayReplica.StartAsync(database, servers.RabbitMqUri))
        {
            await GatewayReplica.UntilAsync(() => Task.FromResult(BothConsume()), "both consume");
            using var here = await first.OpenAsync($"?connection={connection}");
            using var there = await second.OpenAsync($"?connection={connection}");
            for (var i = 0; i < 300; i++) await PublishAsync(i);
            // The same again, as a relay that died before it noted the confirm.
            for (var i = 0; i < 300; i++) await PublishAsync(i);
            var (a, b) = (await TakeAsync(here, 300), await TakeAsync(there, 300));
            Assert.Equal(a, b);
            Assert.Equal(Enumerable.Range(0, 300), a.Select(e => e.Number).Order());
            Assert.Equal(a.Select(e => e.Id).Order(), a.Select(e => e.Id));

            bool BothConsume() => channel.ConsumerCountAsync("gateway-events", Cancellation).GetAwaiter().GetResult() == 2;
        }

        await PublishAsync(300);
        await PublishAsync(301, body: "no json");
        await PublishAsync(302, type: "");
        await PublishAsync(303);
        await using var again = await GatewayReplica.StartAsync(database, servers.RabbitMqUri);
        await GatewayReplica.UntilAsync(async () => await again.CountAsync($"SELECT count(*) FROM events WHERE connection = '{connection}'") == 302, "302 events are kept");
        await GatewayReplica.UntilAsync(async () => await channel.MessageCountAsync("gateway-events_dead", Cancellation) == 2, "two are parked");
        await GatewayReplica.UntilAsync(async () => await channel.MessageCountAsync("gateway-events", Cancellation) == 0, "the queue is empty");

        async Task PublishAsync(int number, string? body = null, string type = EventTypes.SyncStarted)
        {
            body ??= JsonSerializer.Serialize(new SyncStarted(Guid.Empty, Guid.Empty, connection, "files", number, DateTimeOffset.UnixEpoch), PlatformJson.Options);
            var message = new CloudEvent(new Guid(number, 0, 0, Guid.Parse("0199f0c4-0000-7000-8000-000000000000").ToByteArray()[8..]), $"{type}.files", type, "/test", DateTimeOffset.UtcNow, body, null);
            await channel.BasicPublishAsync(EventBroker.Exchange, message.RoutingKey, mandatory: false, message.Properties(null), Encoding.UTF8.GetBytes(body), Cancellation);
        }
    }

    private static async Task<List<(long Id, int Number)>> TakeAsync(HttpResponseMessage response, int count) =>
        await GatewayReplica.EventsOf(response).Take(count).Select(e => (e.Id, e.Event.GetProperty("data").GetProperty("attempt").GetInt32())).ToListAsync(Cancellation);
}
