using Platform.Registry.V1;
using Platform.ServiceDefaults;

namespace Platform.Runner.AlwaysOn;

/// <summary>
/// One connection whose connector runs all the time: started, started again when it has died, after the pauses of <see cref="Drivers.Servers.RestartPauses"/>,
/// and replaced when the connection's options or its connector's version are others.
/// </summary>
internal sealed partial class KeptConnection
{
    // After what is no death, such as Registry or the container engine being away.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly string id;
    private readonly KeptStart start;
    private readonly ILogger logger;
    private readonly CancellationTokenSource end = new();
    private readonly Task keeping;
    private string state;
    private TaskCompletionSource changed = NewSignal();

    /// <param name="state">Another one when something of the connection has changed.</param>
    public KeptConnection(string id, string state, KeptStart start, ILogger logger)
    {
        (this.id, this.state, this.start, this.logger) = (id, state, start, logger);
        keeping = Task.Run(KeepAsync);
    }

    /// <param name="now">As in the constructor.</param>
    public void Look(string now)
    {
        if (state == now)
            return;
        state = now;
        Interlocked.Exchange(ref changed, NewSignal()).TrySetResult();
    }

    /// <summary>Lets the connector go: it ends with the last of its calls. Never fails.</summary>
    public async Task EndAsync()
    {
        await end.CancelAsync();
        await keeping;
    }

    private async Task KeepAsync()
    {
        RunFault? told = null;
        var ending = Task.Delay(Timeout.Infinite, end.Token);
        while (!end.IsCancellationRequested)
        {
            var change = Volatile.Read(ref changed).Task;
            try
            {
                var prepared = await start.PrepareAsync(id, end.Token);
                using var connector = await start.RunAsync(prepared, end.Token);
                told = null;
                while (!connector.Ended.IsCompleted && await IsSameAsync(prepared, change))
                {
                    change = Volatile.Read(ref changed).Task;
                    await Task.WhenAny(connector.Ended, change, ending);
                    end.Token.ThrowIfCancellationRequested();
                }
            }
            catch (Exception) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                var fault = e is RunFaultException known ? known.Fault : Faults.Internal;
                // It may fail so for days.
                if (told?.Code != fault.Code)
                    Log.NotKept(logger, id, fault.Code, fault.Message);
                told = fault;
                await Task.WhenAny(change, Task.Delay(Pause, end.Token));
            }
        }
    }

    /// <summary>Whether what runs is what is to run. While Registry is away nothing is ended: it is asked again.</summary>
    /// <param name="change">Completed: something has changed.</param>
    private async Task<bool> IsSameAsync(RunSpecification running, Task change)
    {
        while (change.IsCompleted)
        {
            try
            {
                var now = await start.PrepareAsync(id, end.Token);
                return now.Start.Equals(running.Start) && now.Options.Equals(running.Options) && now.Specification.Equals(running.Specification);
            }
            catch (RunFaultException)
            {
                await Task.Delay(Pause, end.Token);
            }
        }

        return true;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The connector of connection {Connection} is to run all the time and does not ({Code}); it is tried again: {Reason}")]
        public static partial void NotKept(ILogger logger, string connection, string code, string reason);
    }
}
