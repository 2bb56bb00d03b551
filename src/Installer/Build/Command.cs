using System.Diagnostics;

namespace Platform.Installer.Build;

/// <summary>A program to run: nothing of this service's environment reaches it but what is named here.</summary>
internal sealed record Command(
    IReadOnlyList<string> Arguments, string Folder, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Marks every process of an install, so that those that left their group are found as well.</summary>
    public const string Mark = "PLATFORM_INSTALL";

    public const string Path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <param name="ExitCode">128 + signal when a signal ended it.</param>
    public sealed record Outcome(int ExitCode, bool TimedOut, string OutputTail);

    /// <summary>Runs it to its end and returns when every process of it is gone.</summary>
    /// <param name="onLine">Called with the stream's name and each line, from two threads.</param>
    public async Task<Outcome> RunAsync(Guid install, TimeSpan limit, Action<string, string> onLine, CancellationToken ct)
    {
        var start = new ProcessStartInfo("/usr/bin/setsid")
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var argument in Arguments) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        start.Environment[Mark] = install.ToString();

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
        await using (deadline.Token.Register(() => Posix.KillGroup(process.Id)))
        {
            await ended;
        }
        var timedOut = deadline.IsCancellationRequested && !ct.IsCancellationRequested;
        await EndAllAsync(install, process.Id);
        await output;
        ct.ThrowIfCancellationRequested();
        return new Outcome(process.ExitCode, timedOut, tail.ToString());
    }

    /// <summary>Ends what is left of an install's processes, be it in the group or marked, and waits until it is gone.</summary>
    public static async Task EndAllAsync(Guid install, int? group = null)
    {
        while (true)
        {
            if (group is { } leader) Posix.KillGroup(leader);
            var left = Marked($"{Mark}={install}");
            if (left.Count == 0) return;
            left.ForEach(Posix.KillProcess);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
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

    private static List<int> Marked(string mark)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(System.IO.Path.GetFileName(folder), out var id)) continue;
            try
            {
                // A zombie has no environment any more and isn't found.
                if (File.ReadAllText($"{folder}/environ").Split('\0').Contains(mark)) found.Add(id);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }
        }
        return found;
    }
}
