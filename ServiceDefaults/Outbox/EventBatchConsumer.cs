using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Platform.ServiceDefaults;

/// <summary>
/// Hands the events of all types to this service in the queue's order, as many together as have come, at least once: acknowledged when
/// they are done. For as long as a database is away they stay the broker's; a message that is no event, or that fails by itself again and again, is parked in the
/// queue with <c>_dead</c> behind its name and logged.
/// </summary>
/// <param name="handle">The effect of all is committed when it returns, and of none when it throws. May be called again for the same events.</param>
internal sealed partial class EventBatchConsumer(
    string queue, EventBroker broker, Func<IReadOnlyList<ReceivedEvent>, CancellationToken, Task> handle, ILogger logger)
    : EventQueueConsumer(queue, "#", broker, AtOnce, inOrder: true)
{
    /// <summary>Bounds what a batch takes of memory: an event has some 100 KiB at the most.</summary>
    private const ushort AtOnce = 200;
    private const int MaxFailures = 3;

    // Never more than AtOnce, as the broker gives no more before an answer.
    private readonly Channel<(IChannel From, ulong Tag, ReceivedEvent Event)> received = Channel.CreateUnbounded<(IChannel, ulong, ReceivedEvent)>();

    protected override void Interrupted(string reason) => LogInterrupted(reason);

    protected override async Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs message, Task closed, CancellationToken stopping)
    {
        try
        {
            received.Writer.TryWrite((channel, message.DeliveryTag, ReceivedEvent.Read(message)));
        }
        catch (FormatException e)
        {
            LogPoison(message.BasicProperties.MessageId, Fate, e);
            if (!closed.IsCompleted) await channel.BasicRejectAsync(message.DeliveryTag, requeue: false, stopping);
        }
    }

    protected override async Task WorkAsync(IChannel channel, Task<string> closed, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ending = over.Token;
        _ = closed.ContinueWith(_ => over.Cancel(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            while (await received.Reader.WaitToReadAsync(ending))
            {
                List<(ulong Tag, ReceivedEvent Event)> batch = [];
                // What an earlier channel brought, the broker has back; its numbers mean others here.
                while (batch.Count < AtOnce && received.Reader.TryRead(out var next))
                    if (next.From == channel)
                        batch.Add((next.Tag, next.Event));
                if (batch.Count > 0) await HandleAsync(channel, batch, ending);
            }
        }
        catch (Exception) when (closed.IsCompleted && !stopping.IsCancellationRequested)
        {
            throw new InvalidOperationException($"The channel to the broker was closed: {await closed}");
        }
    }

    private async Task HandleAsync(IChannel channel, List<(ulong Tag, ReceivedEvent Event)> batch, CancellationToken ending)
    {
        if (await TryAsync([.. batch.Select(item => item.Event)], ending) is null)
        {
            await channel.BasicAckAsync(batch[^1].Tag, multiple: true, ending);
            return;
        }

        // One of them is the reason, and the others shall not suffer for it.
        foreach (var (tag, e) in batch)
        {
            if (await TryAsync([e], ending) is not { } cause)
            {
                await channel.BasicAckAsync(tag, multiple: false, ending);
                continue;
            }

            LogPoison(e.Id, Fate, cause);
            await channel.BasicRejectAsync(tag, requeue: false, ending);
        }
    }

    /// <returns>Null: done; else why it never will be.</returns>
    private async Task<Exception?> TryAsync(IReadOnlyList<ReceivedEvent> events, CancellationToken ending)
    {
        for (var (tries, failures) = (0, 0); ; await PauseAsync(++tries, ending))
        {
            ending.ThrowIfCancellationRequested();
            try
            {
                await handle(events, ending);
                return null;
            }
            catch (Exception e) when (!ending.IsCancellationRequested)
            {
                if ((!IsOutage(e) || IsAboutTheData(e)) && ++failures >= MaxFailures) return e;
                if (tries == 0) LogRetrying(events.Count, e.Message);
            }
        }
    }

    // Classes 22 and 23 of SQLSTATE: values that don't fit, and constraints.
    private static bool IsAboutTheData(Exception e) => e is System.Data.Common.DbException { SqlState: { } state } && state[..2] is "22" or "23";

    [LoggerMessage(1, LogLevel.Warning, "Events wait in the queue until the broker answers again: {Reason}")]
    private partial void LogInterrupted(string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Count} events could not be stored and are tried again: {Reason}")]
    private partial void LogRetrying(int count, string reason);

    [LoggerMessage(3, LogLevel.Error, "Event {Id} can't be stored and is {Fate}")]
    private partial void LogPoison(string? id, string fate, Exception cause);
}
