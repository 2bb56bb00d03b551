using System.Diagnostics;
using System.Text.Json;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults;

/// <summary>Publishes news that may be lost, such as <c>sync.progressed</c>. What must not be lost goes through <see cref="Outbox"/>.</summary>
public sealed class EventPublisher(EventBroker broker) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim gate = new(1);
    private IChannel? channel;

    /// <summary>False when known to be dropped; true is no promise. Never takes longer than a second and fails only when <paramref name="cancellationToken"/> ends.</summary>
    public async Task<bool> TryPublishAsync(OutboxEvent outboxEvent, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await gate.WaitAsync(deadline.Token);
            try
            {
                // The client finishes a handshake that it began whatever the token says, hence the second deadline.
                await PublishAsync(outboxEvent, deadline.Token).WaitAsync(deadline.Token);
                return true;
            }
            finally
            {
                gate.Release();
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task PublishAsync(OutboxEvent e, CancellationToken cancellationToken)
    {
        if (channel is not { IsOpen: true })
            channel = await (await broker.ConnectAsync(cancellationToken)).CreateChannelAsync(cancellationToken: cancellationToken);
        var body = JsonSerializer.Serialize(e.Body, e.Body.GetType(), PlatformJson.Options);
        var traceParent = Activity.Current?.Id;
        var message = new CloudEvent(e.Id, e.RoutingKey, e.Type, e.Source, DateTimeOffset.UtcNow, body, traceParent);
        await channel.BasicPublishAsync(
            EventBroker.Exchange, message.RoutingKey, mandatory: false, message.Properties(traceParent), message.Content, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (channel is not null)
            await channel.DisposeAsync();
        gate.Dispose();
    }
}
