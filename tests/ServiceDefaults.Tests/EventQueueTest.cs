using Platform.Servers;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults.Tests;

/// <summary>A queue of events of the test's own, at the exchange that all share, and what tests of its consumers need.</summary>
public abstract class EventQueueTest(ServersFixture servers) : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    internal RecordedLogs Logs { get; } = new();

    internal EventBroker Broker { get; private set; } = null!;

    internal IChannel Channel { get; private set; } = null!;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected string Type { get; } = $"thing.gone-{Guid.NewGuid():N}";

    protected string Queue => "test-" + Type;

    protected Uri Server => new(servers.RabbitMqUri);

    public async ValueTask InitializeAsync()
    {
        Broker = new(new ConnectionFactory { Uri = Server });
        Channel = await (await Broker.ConnectAsync(Cancellation)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Channel.QueueDeleteAsync(Queue, cancellationToken: CancellationToken.None);
        await Channel.QueueDeleteAsync(Queue + "_dead", cancellationToken: CancellationToken.None);
        await Channel.DisposeAsync();
        await Broker.DisposeAsync();
    }

    /// <summary>The same broker by a way that a test can cut.</summary>
    internal EventBroker Through(TcpRelay door) => new(new ConnectionFactory { Uri = new UriBuilder(Server) { Host = "127.0.0.1", Port = door.Port }.Uri });

    /// <returns>Null: there is no such queue.</returns>
    protected async Task<uint?> ConsumersAsync(string queue)
    {
        await using var probe = await (await Broker.ConnectAsync(Cancellation)).CreateChannelAsync(cancellationToken: Cancellation);
        return await Record.ExceptionAsync(() => probe.QueueDeclarePassiveAsync(queue, Cancellation)) is null ? await probe.ConsumerCountAsync(queue, Cancellation) : null;
    }

    protected static Task UntilAsync(string what, Func<bool> condition) => UntilAsync(what, () => Task.FromResult(condition()));

    protected static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        for (var started = TimeProvider.System.GetTimestamp(); !await condition(); await Task.Delay(LookEvery, Cancellation))
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
    }
}
