using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Npgsql;
using Platform.Objects.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Subscriptions;

/// <summary>Keeps what a ready connector is subscribed to in step with what is wished for, and lets what it publishes become objects.</summary>
internal sealed class ListenSessions(ListenerStore listeners, SubscriptionStore subscriptions, RunChanges changes)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastCountLimit = TimeSpan.FromSeconds(2);
    // How long an old version or old options are listened with at most.
    private static readonly TimeSpan Revision = TimeSpan.FromSeconds(30);

    /// <param name="isCurrent">Whether the connection is still what it was when this began.</param>
    /// <returns>As <see cref="ListenExecution"/> wants it: whether nothing is subscribed any more.</returns>
    public async Task<bool> RunAsync(
        Listener listener, IConnectorDriver driver, ConnectorLaunch launch, string options, PageLoad pages, OptionMask mask, Func<Task<bool>> isCurrent, CancellationToken stop)
    {
        var streams = new ConcurrentDictionary<Guid, string>();
        var received = new ConcurrentDictionary<Guid, long>();
        await using var connector = await driver.ListenAsync(new(launch, options, AcceptAsync), stop);
        var failing = new Dictionary<Guid, (int Failures, DateTime Again)>();
        var revision = DateTime.UtcNow + Revision;
        try
        {
            while (true)
            {
                var wanted = await subscriptions.ListAsync(listener.ConnectionId, stop);
                if (wanted.Count == 0)
                    return true;
                foreach (var gone in streams.Keys.Except(wanted.Select(s => s.Id)).ToList())
                {
                    streams.TryRemove(gone, out _);
                    await connector.UnsubscribeAsync(gone, stop);
                }

                foreach (var subscription in wanted.Where(s => !streams.ContainsKey(s.Id) && (!failing.TryGetValue(s.Id, out var f) || f.Again <= DateTime.UtcNow)))
                    await SubscribeAsync(subscription);

                await WaitAsync(listener, connector, pages, stop);
                await CountAsync(received, stop);
                if (DateTime.UtcNow < revision)
                    continue;
                if (!await isCurrent())
                    return false;
                revision = DateTime.UtcNow + Revision;
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(LastCountLimit);
            await CountAsync(received, limit.Token);
        }

        async Task SubscribeAsync(Subscription subscription)
        {
            // It may publish before it has answered.
            streams[subscription.Id] = subscription.Event;
            try
            {
                await connector.SubscribeAsync(new(subscription.Id, subscription.Event, subscription.Arguments), stop);
                failing.Remove(subscription.Id);
                await subscriptions.ShowAsync(subscription.Id, SubscriptionState.Listening, null, stop);
                await listeners.RecoveredAsync(listener, stop);
            }
            catch (RunFaultException e)
            {
                streams.TryRemove(subscription.Id, out _);
                var failures = failing.TryGetValue(subscription.Id, out var before) ? before.Failures : 0;
                failing[subscription.Id] = (failures + 1, DateTime.UtcNow + ListenExecution.Pause(failures));
                await subscriptions.ShowAsync(subscription.Id, SubscriptionState.Failing, mask.Apply(e.Fault), stop);
            }
        }

        async Task AcceptAsync(Guid subscription, HeardObject heard, CancellationToken cancel)
        {
            if (!streams.TryGetValue(subscription, out var stream))
                throw Faults.PageRefused("it is not subscribed to");
            var page = new ObjectPage
            {
                Objects = { new Objects.V1.Object { RemoteId = Bytes(heard.RemoteId), ResourceName = Bytes(heard.ResourceName), Uri = Bytes(heard.Uri), Metadata = Bytes(heard.Metadata) } },
            };
            await pages.AcceptAsync(stream, page.ToByteArray()).WaitAsync(cancel);
            received.AddOrUpdate(subscription, 1, (_, count) => count + 1);
        }
    }

    private async Task WaitAsync(Listener listener, ConnectorListener connector, PageLoad pages, CancellationToken stop)
    {
        await Task.WhenAny(changes.WaitAsync(listener.RunId, Look, stop), connector.Ended, pages.Refused);
        stop.ThrowIfCancellationRequested();
        if (connector.Ended.IsCompleted)
            throw await connector.Ended;
        if (pages.Refused.IsCompleted)
            throw await pages.Refused;
    }

    private async Task CountAsync(ConcurrentDictionary<Guid, long> received, CancellationToken stop)
    {
        foreach (var id in received.Keys)
        {
            if (!received.TryRemove(id, out var count))
                continue;
            try
            {
                await subscriptions.CountAsync(id, count, stop);
            }
            catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
            {
                // The objects are safe at Ingest; this number is told a little later.
                received.AddOrUpdate(id, count, (_, more) => more + count);
            }
        }
    }

    private static ByteString Bytes(string text) => UnsafeByteOperations.UnsafeWrap(Encoding.UTF8.GetBytes(text));
}
