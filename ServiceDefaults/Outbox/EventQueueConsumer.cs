using System.Data.Common;
using System.Text;
using Microsoft.Extensions.Hosting;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.ServiceDefaults;

/// <summary>
/// Holds on to a queue of events for as long as the service runs: connects, and connects again whenever the broker was away. What is done with the messages
/// is the deriving class's.
/// </summary>
/// <param name="queue">Durable and the service's own, with the queue <c>_dead</c> behind its name for what can't be processed.</param>
/// <param name="type">Of the events; <c>#</c>: all of them.</param>
/// <param name="atOnce">So many messages are with this process unacknowledged.</param>
/// <param name="inOrder">They are received one after the other, in the queue's order.</param>
/// <param name="ownQueue">The queue lives as long as this process is connected, and nothing is parked.</param>
internal abstract class EventQueueConsumer(string queue, string type, EventBroker broker, ushort atOnce, bool inOrder = false, bool ownQueue = false) : BackgroundService
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    protected string Type { get; } = type;

    /// <summary>What becomes of a message that can't be processed, in words.</summary>
    protected string Fate { get; } = ownQueue ? "dropped" : $"parked in {queue}_dead";

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
                if (failures++ == 0) Interrupted(e.Message);
                await PauseAsync(failures, stoppingToken);
            }
        }
    }

    /// <summary>The broker is away, for the first time since it was there.</summary>
    protected abstract void Interrupted(string reason);

    /// <param name="closed">Ends with the channel.</param>
    protected abstract Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs message, Task closed, CancellationToken stopping);

    /// <summary>What goes on while messages are received. Ends, by whatever exception, at the end of the channel at the latest.</summary>
    protected virtual async Task WorkAsync(IChannel channel, Task<string> closed, CancellationToken stopping)
    {
        var why = await closed.WaitAsync(stopping);
        throw new InvalidOperationException($"The channel to the broker was closed: {why}");
    }

    /// <summary>Whether the same again may succeed although nothing about the message changes.</summary>
    protected static bool IsOutage(Exception e) => e is DbException or TimeoutException or IOException or ProblemException { Problem.Status: 503 };

    protected static string? Header(BasicDeliverEventArgs message, string name) =>
        message.BasicProperties.Headers?.TryGetValue(name, out var value) == true && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    protected static async Task PauseAsync(int failures, CancellationToken stopping)
    {
        var pause = TimeSpan.FromMilliseconds(Math.Min(100 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
        await Task.Delay(pause * (0.75 + Random.Shared.NextDouble() / 2), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Until the channel is closed, by whomever.</summary>
    private async Task ConsumeAsync(Action working, CancellationToken stopping)
    {
        await using var channel = await (await broker.ConnectAsync(stopping)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false, consumerDispatchConcurrency: inOrder ? (ushort)1 : atOnce), stopping);
        var closed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            closed.TrySetResult(reason.ReplyText);
            return Task.CompletedTask;
        };
        await (ownQueue ? channel.QueueDeclareAsync(queue, durable: false, exclusive: true, autoDelete: true, cancellationToken: stopping)
            : DeclareSharedAsync(channel, stopping));
        // The connector's name may follow.
        await channel.QueueBindAsync(queue, EventBroker.Exchange, Type == "#" ? "#" : $"{Type}.#", cancellationToken: stopping);
        await channel.BasicQosAsync(0, prefetchCount: atOnce, global: false, stopping);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, message) => ReceiveAsync(channel, message, closed.Task, stopping);
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, stopping);
        working();
        await WorkAsync(channel, closed.Task, stopping);
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
}
