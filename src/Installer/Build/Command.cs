using System.Diagnostics;

namespace Platform.Installer.Build;

/// <summary>A program to run: nothing of this service's environment reaches it but what is named here.</summary>
internal sealed record Command(
    IReadOnlyList<string> Arguments, string Folder, IReadOnlyDictionary<string, string> Environment)
{
    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly TimeSpan MemoryLook = TimeSpan.FromMilliseconds(500);

    /// <param name="ExitCode">128 + signal when a signal ended it.</param>
    public sealed record Outcome(int ExitCode, bool TimedOut, bool OutOfMemory, string OutputTail);

    /// <summary>Runs it to its end and returns when every process of it is gone.</summary>
    /// <param name="onLine">Called with the stream's name and each line, from two threads.</param>
    /// <param name="memoryBytes">Resident bytes that its processes may take together.</param>
    public async Task<Outcome> RunAsync(
        Guid install, TimeSpan limit, Action<string, string> onLine, CancellationToken ct, long memoryBytes = long.MaxValue)
    {
        var start = new ProcessStartInfo("/usr/bin/setsid")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
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
        var outOfMemory = false;
        await using (deadline.Token.Register(() => Posix.KillGroup(process.Id)))
        {
            while (await Task.WhenAny(ended, Task.Delay(MemoryLook, CancellationToken.None)) != ended)
            {
                if (memoryBytes == long.MaxValue || outOfMemory || InstallProcesses.ResidentBytes(install) <= memoryBytes) continue;
                outOfMemory = true;
                await InstallProcesses.EndAsync(install, process.Id);
            }
        }
        await ended;
        var timedOut = deadline.IsCancellationRequested && !ct.IsCancellationRequested;
        await InstallProcesses.EndAsync(install, process.Id);
        await output;
        ct.ThrowIfCancellationRequested();
        return new Outcome(process.ExitCode, timedOut, outOfMemory, tail.ToString());
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
