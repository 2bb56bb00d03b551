using System.Diagnostics;

namespace Platform.Runner.Processes;

/// <summary>A started connector with everything that it started. Disposing ends all of it, and may be repeated.</summary>
internal sealed class ConnectorProcess : IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PipesLimit = TimeSpan.FromSeconds(1);

    private readonly Process process;
    private readonly ControlGroup? group;
    private readonly RunFolder folder;
    private readonly LaunchLimits limits;
    private readonly Task standardError;
    private readonly Task standardOutput;
    private readonly Task watchdog;
    private readonly CancellationTokenSource ended = new();
    private volatile RunFaultException? excess;
    private bool disposed;

    private ConnectorProcess(
        Process process, ControlGroup? group, RunFolder folder, LaunchLimits limits, string isolation, Func<Stream, Task> readOutput, Func<Stream, Task> readError)
    {
        (this.process, this.group, this.folder, this.limits, Isolation) = (process, group, folder, limits, isolation);
        process.StandardInput.Close();
        // Both pipes are drained to their end: a full pipe stops the connector.
        standardOutput = readOutput(process.StandardOutput.BaseStream);
        standardError = readError(process.StandardError.BaseStream);
        Exited = process.WaitForExitAsync();
        watchdog = WatchAsync();
    }

    public string Isolation { get; }

    /// <summary>Ends with the connector's own process; never fails.</summary>
    public Task Exited { get; }

    public int ExitCode => process.ExitCode;

    /// <summary>The limit that it exceeded; null: none.</summary>
    public RunFaultException? Excess => excess ?? (group?.RanOutOfMemory() == true ? Faults.OutOfMemory(limits.MemoryBytes) : null);

    /// <param name="variables">Of the protocol, besides those of every connector; they win over the manifest's.</param>
    /// <param name="maxOutputLineBytes">Longer lines on stdout come cut.</param>
    /// <param name="onOutput">Each line of stdout and whether it was cut; called from a pool thread, in order.</param>
    /// <exception cref="RunFaultException">The command could not be started.</exception>
    public static Task<ConnectorProcess> StartAsync(
        ProcessLauncher launcher, Isolation isolation, ConnectorLaunch launch, RunFolder folder,
        IReadOnlyDictionary<string, string> variables, int maxOutputLineBytes, Action<string, bool> onOutput, Action<string, bool> onError) => StartAsync(
            launcher, isolation, launch, folder, variables,
            output => LineReader.ReadAsync(output, maxOutputLineBytes, onOutput), error => LineReader.ReadAsync(error, LineReader.MaxLineBytes, onError));

    /// <param name="readOutput">Reads its stdout to the end, whatever comes; likewise its stderr. Never fails.</param>
    /// <exception cref="RunFaultException">The command could not be started.</exception>
    public static async Task<ConnectorProcess> StartAsync(
        ProcessLauncher launcher, Isolation isolation, ConnectorLaunch launch, RunFolder folder, IReadOnlyDictionary<string, string> variables,
        Func<Stream, Task> readOutput, Func<Stream, Task> readError)
    {
        // Else the words of whichever shell or sandbox looks for it.
        if (CommandLine.ToArgv(launch.Command) is [['.', '/', ..] program, ..] && !File.Exists(Path.Combine(launch.Bundle, program)))
            throw Faults.ProgramMissing(program);
        var group = isolation.CreateControlGroup(folder.UniqueName, launch.Limits);
        try
        {
            var process = await launcher.StartAsync(isolation.Start(launch, folder, group, variables));
            return new(process, group, folder, launch.Limits, isolation.Describe(group), readOutput, readError);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            if (group is not null)
                await group.RemoveAsync();
            throw Faults.NotStarted(launch.Command, e.Message);
        }
    }

    /// <summary>True when the connector's own process ended in time.</summary>
    public async Task<bool> WaitForExitAsync(TimeSpan limit) => await Task.WhenAny(Exited, Task.Delay(limit)) == Exited;

    /// <summary>Waits for what the connector wrote before it ended, but not for a process that kept its pipes.</summary>
    public Task DrainAsync() => Task.WhenAny(Task.WhenAll(standardOutput, standardError), Task.Delay(PipesLimit));

    /// <summary>Asks its own process to end; it may not.</summary>
    public void Terminate()
    {
        // The child of bubblewrap, which itself would take all of them down at once.
        var children = Isolation.StartsWith("bwrap", StringComparison.Ordinal) ? ProcessTable.ChildrenOf(process.Id) : [];
        foreach (var pid in children.Count > 0 ? children.SelectMany(ProcessTable.ChildrenOf) : [process.Id])
            Signals.Terminate(pid);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, true))
            return;
        await ended.CancelAsync();
        // The child of bubblewrap is the first process of the connector's own PID namespace: with it all others end.
        var inner = process.HasExited ? [] : ProcessTable.ChildrenOf(process.Id);
        if (!process.HasExited)
        {
            Signals.Kill(-process.Id);
            Signals.Kill(process.Id);
        }

        await WaitForExitAsync(TimeSpan.FromSeconds(2));
        for (var i = 0; i < 100 && inner.Any(ProcessTable.Exists); i++)
            await Task.Delay(10);
        if (group is not null)
            await group.RemoveAsync();
        else
            await KillMarkedAsync();
        await DrainAsync();
        await watchdog;
        process.Dispose();
        ended.Dispose();
    }

    // Again until none is found: one may fork while the others are being killed.
    private async Task KillMarkedAsync()
    {
        for (var i = 0; i < 100 && ProcessTable.OfRun(folder.Path) is { Count: > 0 } living; i++)
        {
            foreach (var pid in living)
                Signals.Kill(pid);
            await Task.Delay(10);
        }
    }

    // Memory and processes where no cgroup binds them, the disk always.
    private async Task WatchAsync()
    {
        while (!ended.IsCancellationRequested && excess is null)
        {
            await Task.Delay(WatchInterval, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (group is null && ProcessTable.OfRun(folder.Path) is var pids)
            {
                if (pids.Sum(ProcessTable.ResidentBytes) > limits.MemoryBytes)
                    excess = Faults.OutOfMemory(limits.MemoryBytes);
                else if (pids.Sum(ProcessTable.Threads) > limits.Processes)
                    excess = Faults.TooManyProcesses(limits.Processes);
            }

            if (excess is null && folder.UsedBytes() > limits.DiskBytes)
                excess = Faults.ConnectorDiskFull(limits.DiskMegabytes);
            if (excess is not null)
                KillAll();
        }
    }

    private void KillAll()
    {
        foreach (var pid in ProcessTable.OfRun(folder.Path))
            Signals.Kill(pid);
    }
}
