using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Containers;

/// <summary>A command executed in a container: its streams apart, byte by byte, in bounded memory, and its end when nobody waits for it any more.</summary>
internal static class ContainerCommand
{
    private const int ExecutableMissing = 127;
    private const int NotExecutable = 126;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(5);

    public static async Task<CommandOutcome> RunAsync(ContainerEngine engine, string container, IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel)
    {
        string? id = null;
        try
        {
            id = (await engine.AskAsync(c => c.Exec.CreateContainerExecAsync(
                container, new() { AttachStdout = true, AttachStderr = true, AttachStdin = false, TTY = false, Cmd = [.. argv] }, cancel))).ID;
            var output = new OutputCollector(maxBytes);
            using (var stream = await engine.AskAsync(c => c.Exec.StartContainerExecAsync(id, new() { Detach = false, TTY = false }, cancel)))
                await ReadAsync(stream, output, cancel);
            return OutcomeOf(await EndOfAsync(engine, id, cancel), output);
        }
        catch (DockerApiException e)
        {
            throw ContainerFaults.Refused(e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            throw ContainerFaults.Lost(e);
        }
        catch (Exception e) when (id is not null && e is OperationCanceledException or RunFaultException)
        {
            if (!await KillAsync(engine, container, id))
                throw new StillRunningException(e);
            throw;
        }
    }

    private static async Task ReadAsync(MultiplexedStream stream, OutputCollector output, CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        while (true)
        {
            // Not every transport heeds the token in the midst of a read.
            var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancel).WaitAsync(cancel);
            if (read.EOF)
                return;
            output.Add(buffer.AsSpan(0, read.Count), isError: read.Target == MultiplexedStream.TargetStream.StandardError);
        }
    }

    // The streams may end a moment before the engine has noted the exit code.
    private static async Task<int> EndOfAsync(ContainerEngine engine, string id, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(EndLimit);
        while (true)
        {
            var state = await engine.AskAsync(c => c.Exec.InspectContainerExecAsync(id, cancel));
            if (state is { Running: false, ExitCode: { } code })
                return (int)code;
            await Task.Delay(LookInterval, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
            if (limit.IsCancellationRequested)
                throw new TimeoutException("The container engine did not note the end of a command.");
        }
    }

    // What could not be executed at all, the engine says on the command's own standard output, mostly with the code 126 whatever the cause.
    private static CommandOutcome OutcomeOf(int code, OutputCollector output)
    {
        if (code is not (NotExecutable or ExecutableMissing) || Encoding.UTF8.GetString(output.Output) is var text && !text.StartsWith("OCI runtime exec failed", StringComparison.Ordinal))
            return new(code, output.Output, output.Error);
        var isMissing = text.Contains("no such file or directory", StringComparison.Ordinal) || text.Contains("not found", StringComparison.Ordinal);
        return new(isMissing ? ExecutableMissing : NotExecutable, [], text.Trim());
    }

    /// <summary>
    /// The engine has no call for it. Its process is a process of this machine, unless the engine is elsewhere: then, or where this service may not, it
    /// goes on.
    /// </summary>
    private static async Task<bool> KillAsync(ContainerEngine engine, string container, string id)
    {
        using var limit = new CancellationTokenSource(KillLimit);
        try
        {
            while (!limit.IsCancellationRequested)
            {
                var state = await engine.AskAsync(c => c.Exec.InspectContainerExecAsync(id, limit.Token));
                // Without an exit code it has not begun: its start was given up, and may still come.
                if (state is { Running: false, ExitCode: not null })
                    return true;
                if (state.Pid > 0)
                {
                    if (!ProcessTable.IsInGroup((int)state.Pid, container))
                        return !ProcessTable.Exists((int)state.Pid) && await HasEndedAsync(engine, id, limit.Token);
                    KillTree((int)state.Pid);
                }

                await Task.Delay(LookInterval, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (Exception e) when (e is DockerApiException or ProblemException or OperationCanceledException)
        {
            // The container, or the engine, is gone.
            return e is DockerApiException { StatusCode: System.Net.HttpStatusCode.NotFound };
        }

        return false;
    }

    private static async Task<bool> HasEndedAsync(ContainerEngine engine, string id, CancellationToken cancel) =>
        await engine.AskAsync(c => c.Exec.InspectContainerExecAsync(id, cancel)) is { Running: false };

    private static void KillTree(int pid)
    {
        foreach (var child in ProcessTable.ChildrenOf(pid))
            KillTree(child);
        Signals.Kill(pid);
    }
}
