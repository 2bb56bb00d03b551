using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.ServiceDefaults;

/// <summary>
/// Hands every event of one type to this service, at least once: from a durable queue of the service's own, a few at a time and so in no order, acknowledged when it is
/// done. What went wrong is tried again here for as long as it takes a database to come back; a message that can't be read, or that fails for no such
/// reason again and again, is parked in the queue with <c>_dead</c> behind its name and logged.
/// </summary>
/// <param name="handle">Its effect is committed when it returns. May be called again for the same event.</param>
/// <param name="ownQueue">The queue lives as long as this process is connected, and nothing is parked.</param>
internal sealed partial class EventConsumer<T>(
    string queue, string type, EventBroker broker, Func<T, CancellationToken, Task> handle, ILogger logger, bool ownQueue = false)
    : EventQueueConsumer(queue, type, broker, AtOnce, ownQueue: ownQueue)
    where T : class
{
    private const int MaxFailures = 5;

    // One that takes minutes, such as the end of a service that asks for them, does not hold up the others.
    private const ushort AtOnce = 8;

    protected override void Interrupted(string reason) => LogInterrupted(Type, reason);

    protected override async Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs message, Task closed, CancellationToken stopping)
    {
        _ = ActivityContext.TryParse(Header(message, "cloudEvents_traceparent"), null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity($"process {Type}", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.system", "rabbitmq").SetTag("messaging.message.id", message.BasicProperties.MessageId);
        try
        {
            if (await HandleAsync(message, closed, stopping) is { } done)
                await (done ? channel.BasicAckAsync(message.DeliveryTag, multiple: false, stopping) : channel.BasicRejectAsync(message.DeliveryTag, requeue: false, stopping));
        }
        catch (Exception e) when (stopping.IsCancellationRequested || !channel.IsOpen)
        {
            // The broker gives it to somebody again.
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
        }
    }

    /// <returns>True: done; false: it never will be; null: the broker has it back already.</returns>
    private async Task<bool?> HandleAsync(BasicDeliverEventArgs message, Task closed, CancellationToken stopping)
    {
        T body;
        try
        {
            body = JsonSerializer.Deserialize<T>(message.Body.Span, PlatformJson.Options) ?? throw new JsonException("The body is null.");
        }
        catch (JsonException e)
        {
            LogPoison(Type, message.BasicProperties.MessageId, Fate, e);
            return false;
        }
        for (var (tries, failures) = (0, 0); !closed.IsCompleted; await PauseAsync(++tries, stopping))
        {
            try
            {
                await handle(body, stopping);
                return true;
            }
            catch (Exception e) when (!stopping.IsCancellationRequested)
            {
                if (!IsOutage(e) && ++failures >= MaxFailures)
                {
                    LogPoison(Type, message.BasicProperties.MessageId, Fate, e);
                    return false;
                }
                if (tries == 0) LogRetrying(Type, message.BasicProperties.MessageId, e.Message);
            }
        }
        return null;
    }

    [LoggerMessage(1, LogLevel.Warning, "Events {Type} wait until the broker answers again: {Reason}")]
    private partial void LogInterrupted(string type, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Event {Type} {Id} could not be processed and is tried again: {Reason}")]
    private partial void LogRetrying(string type, string? id, string reason);

    [LoggerMessage(3, LogLevel.Error, "Event {Type} {Id} can't be processed and is {Fate}")]
    private partial void LogPoison(string type, string? id, string fate, Exception cause);
}
