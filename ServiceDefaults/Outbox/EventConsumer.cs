using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
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
    string queue, string type, EventBroker broker, Func<T, CancellationToken, Task> handle, ILogger logger, bool ownQueue = false) : BackgroundService
    where T : class
{
    private const int MaxFailures = 5;

    // One that takes minutes, such as the end of a service that asks for them, does not hold up the others.
    private const ushort AtOnce = 8;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failures = 0; !stoppingToken.IsCancellationRequested;)
        {
            try
            {
                await ConsumeAsync(() => failures = 0, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Once per outage: what is published meanwhile waits in the queue, or in the publisher's outbox.
                if (failures++ == 0)
                    LogInterrupted(type, e.Message);
                await PauseAsync(failures, stoppingToken);
            }
        }
    }

    /// <summary>Until the channel is closed, by whomever.</summary>
    private async Task ConsumeAsync(Action working, CancellationToken stopping)
    {
        await using var channel = await (await broker.ConnectAsync(stopping)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false, consumerDispatchConcurrency: AtOnce), stopping);
        var closed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason.ReplyText);
            return Task.CompletedTask;
        };
        await (ownQueue ? channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: true, cancellationToken: stopping)
            : DeclareSharedAsync(channel, stopping));
        // The connector's name may follow.
        await channel.QueueBindAsync(queue, EventBroker.Exchange, $"{type}.#", cancellationToken: stopping);
        await channel.BasicQosAsync(0, prefetchCount: AtOnce, global: false, stopping);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) => ReceiveAsync(channel, message, closed.Task, stopping);
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, stopping);
        working();
        var why = await closed.Task.WaitAsync(stopping);
        throw new InvalidOperationException($"The channel to the broker was closed: {why}");
    }

    private async Task DeclareSharedAsync(IChannel channel, CancellationToken stopping)
    {
        var dead = queue + "_dead";
        await channel.QueueDeclareAsync(dead, durable: true, exclusive: false, autoDelete: false, cancellationToken: stopping);
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>
        {
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = dead,
        }, cancellationToken: stopping);
    }

    private async Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs message, Task closed, CancellationToken stopping)
    {
        _ = ActivityContext.TryParse(Header(message, "cloudEvents_traceparent"), null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity($"process {type}", ActivityKind.Consumer, parent);
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
            LogPoison(type, message.BasicProperties.MessageId, ownQueue ? "dropped" : $"parked in {queue}_dead", e);
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
                    LogPoison(type, message.BasicProperties.MessageId, ownQueue ? "dropped" : $"parked in {queue}_dead", e);
                    return false;
                }
                if (tries == 0) LogRetrying(type, message.BasicProperties.MessageId, e.Message);
            }
        }
        return null;
    }

    private static bool IsOutage(Exception e) =>
        e is System.Data.Common.DbException or TimeoutException or IOException or ProblemException { Problem.Status: 503 };

    private static string? Header(BasicDeliverEventArgs message, string name) =>
        message.BasicProperties.Headers?.TryGetValue(name, out var value) == true && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    private static async Task PauseAsync(int failures, CancellationToken stopping)
    {
        var pause = TimeSpan.FromMilliseconds(Math.Min(100 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
        await Task.Delay(pause * (0.75 + Random.Shared.NextDouble() / 2), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(1, LogLevel.Warning, "Events {Type} wait until the broker answers again: {Reason}")]
    private partial void LogInterrupted(string type, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Event {Type} {Id} could not be processed and is tried again: {Reason}")]
    private partial void LogRetrying(string type, string? id, string reason);

    [LoggerMessage(3, LogLevel.Error, "Event {Type} {Id} can't be processed and is {Fate}")]
    private partial void LogPoison(string type, string? id, string fate, Exception cause);
}
