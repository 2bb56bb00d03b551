using System.Diagnostics;
using Platform.Runner.Processes;

namespace Platform.Installer.Build;

/// <summary>A program to run: nothing of this service's environment reaches it but what is named here.</summary>
internal sealed record Command(
    IReadOnlyList<string> Arguments, string Folder, IReadOnlyDictionary<string, string> Environment)
{
    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PipesLimit = TimeSpan.FromSeconds(1);

    // It puts itself into the groups before it becomes the command, which therefore never runs outside of them.
    private static readonly string[] Join =
        ["/bin/sh", "-c", "n=$1; shift; while [ $n -gt 0 ]; do echo $$ > \"$1\" || exit 125; shift; n=$((n-1)); done; exec \"$@\"", "sh"];

    /// <param name="ExitCode">128 + signal when a signal ended it.</param>
    /// <param name="Excess">What it had too much of, and was stopped for.</param>
    public sealed record Outcome(int ExitCode, bool TimedOut, Excess? Excess, string OutputTail);

    /// <summary>Runs it to its end and returns when every process of it is gone.</summary>
    /// <param name="onLine">Called with the stream's name and each line, from two threads.</param>
    /// <param name="limits">For what an author wrote; null for programs of our own choice.</param>
    public async Task<Outcome> RunAsync(
        Guid install, TimeSpan limit, Action<string, string> onLine, CancellationToken ct, CommandLimits? limits = null)
    {
        var group = limits?.CreateGroup(install);
        var start = new ProcessStartInfo("/usr/bin/setsid")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (group is not null)
            foreach (var argument in (string[])[.. Join, $"{group.ProcsFiles.Count}", .. group.ProcsFiles]) start.ArgumentList.Add(argument);
        foreach (var argument in Arguments) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        start.Environment[InstallProcesses.Mark] = install.ToString();

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        // Parent-death signals follow the thread that started the process, so that thread waits until the process is gone.
        var ended = Task.Factory.StartNew(() => RunHere(start, started), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using var process = await started.Task;
        var tail = new OutputTail();
        var output = Task.WhenAll(
            LineReader.ReadAsync(process.StandardOutput.BaseStream, line => { tail.Add("stdout", line); onLine("stdout", line); }),
            LineReader.ReadAsync(process.StandardError.BaseStream, line => { tail.Add("stderr", line); onLine("stderr", line); }));
        deadline.CancelAfter(limit);
        Excess? excess = null;
        await using (deadline.Token.Register(() => Posix.KillGroup(process.Id)))
        {
            var pause = ShortestLook;
            while (await Task.WhenAny(ended, Task.Delay(pause, CancellationToken.None)) != ended)
            {
                if (limits is null || excess is not null || deadline.IsCancellationRequested) continue;
                var began = Stopwatch.GetTimestamp();
                excess = limits.Look(install, group);
                // Much to look at is looked at less often.
                pause = Stopwatch.GetElapsedTime(began) * 10 is var long10 && long10 > ShortestLook ? long10 : ShortestLook;
                if (excess is not null) await EndAsync(install, process, group);
            }
        }
        await ended;
        var timedOut = deadline.IsCancellationRequested && !ct.IsCancellationRequested;
        if (process.ExitCode != 0 && excess is null) excess = limits?.LookBack(group);
        await EndAsync(install, process, group);
        if (group is not null) await group.RemoveAsync();
        // One that got out of all of the above, where nothing holds it, may keep the pipes open; it is not waited for.
        await Task.WhenAny(output, Task.Delay(PipesLimit, CancellationToken.None));
        ct.ThrowIfCancellationRequested();
        return new Outcome(process.ExitCode, timedOut, excess, tail.ToString());
    }

    private static async Task EndAsync(Guid install, Process process, ControlGroup? group)
    {
        if (group is not null) InstallProcesses.EndGroup(group);
        await InstallProcesses.EndAsync(install, process.Id);
    }

    private static void RunHere(ProcessStartInfo start, TaskCompletionSource<Process> started)
    {
        Process process;
        try
        {
            process = Process.Start(start)!;
            process.StandardInput.Close();
        }
        catch (Exception e)
        {
            started.SetException(e);
            return;
        }
        started.SetResult(process);
        process.WaitForExit();
    }
}
