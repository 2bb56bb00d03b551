using System.Diagnostics;
using Microsoft.Extensions.Options;
using Platform.Runner.Containers;
using Platform.Runner.Drivers.Oms.Containers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Servers;

/// <summary>
/// The servers of this Runner, kept warm between calls: one per connection, version and options. Whoever asks for one that is being started waits for
/// that start; one that died is replaced, after a pause where that keeps happening; one whose connection's options or version have changed goes once its calls have ended.
/// </summary>
internal sealed partial class WarmServers(ServerStart starter, ContainerEngine engine, IOptions<ServerSettings> settings, ILogger<WarmServers> logger) : IHostedService
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly Dictionary<string, Entry> entries = [];
    // Not for further calls, and still used by some.
    private readonly HashSet<Entry> retired = [];
    private readonly Dictionary<Entry, Task> ends = [];
    private readonly RestartPauses pauses = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource hurry = new();
    private TaskCompletionSource released = NewSignal();
    private Task looking = Task.CompletedTask;

    /// <summary>A server that is ready for a call. Its start belongs to nobody: one who gives up leaves it to the next.</summary>
    /// <param name="keeps">It is held to be there, and not for a call: let go, it does not stay warm but ends with the last of its calls.</param>
    /// <exception cref="RunFaultException">
    /// It could not be started; <c>container_engine_unavailable</c>; <c>services_busy</c>: all places are taken; <c>service_port_taken</c>: by the process
    /// of another connection, or of other options; <c>runner_stopping</c>.
    /// </exception>
    public async Task<ServerUse<T>> AcquireAsync<T>(ServerWish<T> wish, CancellationToken cancel, bool keeps = false)
        where T : WarmServer
    {
        var entry = await HoldAsync(wish, cancel);
        try
        {
            var server = await entry.Server.WaitAsync(cancel);
            var following = server.Follow(wish.Launch.Output);
            return new((T)server, () =>
            {
                following?.Dispose();
                Release(entry, ends: keeps);
            });
        }
        catch
        {
            Release(entry);
            throw;
        }
    }

    /// <summary>Ends the servers of a connection that is no more, whoever still uses them, and removes what they kept.</summary>
    public async Task ForgetAsync(string connection, CancellationToken cancel = default)
    {
        Task[] ended;
        lock (gate)
            ended = [.. entries.Values.Concat(retired).Where(e => e.Wish.Connection == connection).ToList().Select(Remove)];
        await Task.WhenAll(ended);
        await ContainerVolumes.RemoveAsync(engine, ServiceContainer.VolumePrefix(connection), cancel);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        looking = EndIdleAsync();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await looking;
        Task[] all;
        lock (gate)
        {
            foreach (var entry in entries.Values.Concat(retired).ToList())
                Remove(entry);
            all = [.. ends.Values];
        }

        // As a service may ask for minutes, and this one is given seconds.
        hurry.CancelAfter(TimeSpan.FromSeconds(settings.Value.GraceSeconds));
        await Task.WhenAll(all);
    }

    private async Task<Entry> HoldAsync(ServerWish wish, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            Task place;
            int? taken;
            lock (gate)
            {
                if (stopping.IsCancellationRequested)
                    throw new RunFaultException(Faults.RunnerStopping);
                if (entries.TryGetValue(wish.Key, out var known) && !known.IsSpent)
                    return known.Hold();
                foreach (var other in entries.Values.Where(e => e.IsSpent || (e.Wish.Connection == wish.Connection && e.Wish.Key != wish.Key)).ToList())
                    Retire(other);
                taken = PortInTheWay(wish);
                if (taken is null && (entries.Count < settings.Value.MaxWarm || EndLongestIdle()))
                    return (entries[wish.Key] = new Entry(wish, StartAsync(wish))).Hold();
                place = released.Task;
            }

            if (Stopwatch.GetElapsedTime(begun) >= wish.Launch.Limits.Start)
                throw taken is { } port ? ServerFaults.PortTaken(port) : ServerFaults.Busy(settings.Value.MaxWarm);
            await Task.WhenAny(place, Task.Delay(LookInterval, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Ends what nobody uses and what has a port that this one needs: who asks the port must never be answered by another one.</summary>
    /// <returns>The port that is not free yet, as its process is in use or about to end; null: all are.</returns>
    private int? PortInTheWay(ServerWish wish)
    {
        // One that died has let go of it.
        var holders = entries.Values.Concat(retired).Where(e => !e.IsSpent).Concat(ends.Keys)
            .Select(e => (Entry: e, Ports: e.Wish.OwnPorts.Intersect(wish.OwnPorts).ToList())).Where(h => h.Ports.Count > 0).ToList();
        foreach (var (idle, _) in holders.Where(h => h.Entry.Uses == 0 && !ends.ContainsKey(h.Entry)))
            Remove(idle);
        return holders.Count == 0 ? null : holders[0].Ports[0];
    }

    // Not within the lock, nor on whoever came first.
    private Task<WarmServer> StartAsync(ServerWish wish)
    {
        var pause = pauses.Before(wish.Key);
        return Task.Run(async () =>
        {
            await Task.Delay(pause, stopping.Token);
            return await starter.StartAsync(wish, stopping.Token);
        });
    }

    private void Release(Entry entry, bool ends = false)
    {
        lock (gate)
        {
            if (ends)
                Retire(entry);
            entry.Release();
            if (entry is { Uses: 0, IsRetired: true } || entry is { Uses: 0, IsSpent: true })
                Remove(entry);
            SignalRelease();
        }
    }

    private void SignalRelease()
    {
        released.TrySetResult();
        released = NewSignal();
    }

    // No longer found; ended at once, or when its last call has ended.
    private void Retire(Entry entry)
    {
        entry.IsRetired = true;
        if (entry.Uses == 0)
            Remove(entry);
        else if (entries.GetValueOrDefault(entry.Wish.Key) == entry && entries.Remove(entry.Wish.Key))
            retired.Add(entry);
    }

    private bool EndLongestIdle()
    {
        if (entries.Values.Where(e => e.Uses == 0).MinBy(e => e.LastUsed) is not { } idle)
            return false;
        Remove(idle);
        return true;
    }

    private Task Remove(Entry entry)
    {
        retired.Remove(entry);
        if (entries.GetValueOrDefault(entry.Wish.Key) == entry)
            entries.Remove(entry.Wish.Key);
        if (ends.TryGetValue(entry, out var end))
            return end;
        if (entry.IsSpent)
            pauses.Died(entry.Wish.Key, Stopwatch.GetElapsedTime(entry.Begun));
        // Not within the lock.
        ends[entry] = end = Task.Run(() => EndAsync(entry));
        _ = end.ContinueWith(
            _ =>
            {
                lock (gate)
                {
                    ends.Remove(entry);
                    SignalRelease();
                }
            },
            TaskScheduler.Default);
        return end;
    }

    private async Task EndAsync(Entry entry)
    {
        try
        {
            await (await entry.Server).EndAsync(hurry.Token);
        }
        catch (Exception e)
        {
            // One that did not start has left nothing, and its callers know why.
            Log.NotEnded(logger, entry.Wish.Launch.Connector, e.Message);
        }
    }

    private async Task EndIdleAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(LookInterval, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            lock (gate)
            {
                foreach (var entry in entries.Values.Where(e => e.Uses == 0 && (e.IsSpent || e.Idle >= TimeSpan.FromSeconds(settings.Value.IdleSeconds))).ToList())
                    Remove(entry);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Entry(ServerWish wish, Task<WarmServer> server)
    {
        public ServerWish Wish => wish;

        public Task<WarmServer> Server => server;

        public long Begun { get; } = Stopwatch.GetTimestamp();

        public int Uses { get; private set; }

        public bool IsRetired { get; set; }

        public long LastUsed { get; private set; }

        /// <summary>It did not start, or has ended.</summary>
        public bool IsSpent => server.IsCompleted && (!server.IsCompletedSuccessfully || server.Result.HasEnded);

        public TimeSpan Idle => Stopwatch.GetElapsedTime(LastUsed);

        public Entry Hold()
        {
            Uses++;
            return this;
        }

        public void Release()
        {
            Uses--;
            LastUsed = Stopwatch.GetTimestamp();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A server of {Connector} that was to be ended is not there: {Reason}")]
        public static partial void NotEnded(ILogger logger, string connector, string reason);
    }
}
