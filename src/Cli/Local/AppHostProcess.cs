using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Platform.Cli.Local;

/// <summary>
/// The AppHost as a child in a session of its own, so that a Ctrl-C on the terminal reaches only us and everything ends in order. If we
/// are killed instead, the kernel tells the AppHost to end: that signal follows the thread that started it, hence one thread for its life.
/// </summary>
internal sealed partial class AppHostProcess : IDisposable
{
    private readonly Process process;
    private readonly StreamWriter log;
    private readonly bool echo;
    private readonly Queue<string> tail = new();
    private readonly TaskCompletionSource<int> exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool stopping;
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="settings">Configuration of the AppHost. Secrets too: they travel in the environment, not on a command line that everybody can read.</param>
    public AppHostProcess(IReadOnlyDictionary<string, string> settings, string logFile, bool echo)
    {
        this.echo = echo;
        var build = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Name;
        var program = Path.Combine(DataDirectory.Root, "artifacts", "bin", "AppHost", build, "AppHost.dll");
        if (!File.Exists(program)) throw new CliException(ExitCode.Failed, "not_built", $"{program} is missing.", "Build it: ./platform does that by itself.");

        var start = new ProcessStartInfo("setpriv", ["--pdeathsig", "TERM", "setsid", Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet", program])
        {
            WorkingDirectory = Path.Combine(DataDirectory.Root, "AppHost"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (name, value) in settings) start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        // The log of the run before stays, for whoever asks why it ended.
        if (File.Exists(logFile)) File.Move(logFile, logFile + ".1", overwrite: true);
        log = new StreamWriter(new FileStream(logFile, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        { AutoFlush = true };
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        new Thread(Live) { IsBackground = true, Name = "AppHost" }.Start();
    }

    public Task<int> Exited => exited.Task;

    /// <summary>The first service or server that ended though nobody asked it to, in the AppHost's words.</summary>
    public Task<string> Lost => lost.Task;

    public IReadOnlyList<string> Tail
    {
        get
        {
            lock (tail) return [.. tail];
        }
    }

    public async Task<ProcessIdentity> StartedAsync()
    {
        await started.Task;
        return ProcessIdentity.Of(process.Id) ?? throw new CliException(ExitCode.Failed, "apphost_ended", "The AppHost ended at once.");
    }

    /// <summary>Asks it to end, and makes it when it does not within the time.</summary>
    public async Task StopAsync(TimeSpan within)
    {
        stopping = true;
        if (exited.Task.IsCompleted || ProcessIdentity.Of(process.Id) is not { } identity) return;
        identity.Terminate();
        if (await Task.WhenAny(exited.Task, Task.Delay(within)) == exited.Task) return;
        identity.Kill();
        await exited.Task;
    }

    public void Dispose()
    {
        process.Dispose();
        lock (tail) log.Dispose();
    }

    private void Live()
    {
        try
        {
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            started.SetResult();
            process.WaitForExit();
            exited.SetResult(process.ExitCode);
        }
        catch (Exception e)
        {
            started.TrySetException(new CliException(ExitCode.Failed, "apphost_not_started", $"The AppHost could not be started: {e.Message}", "setpriv and setsid come with Debian's util-linux."));
            exited.TrySetResult(-1);
        }
    }

    private void Write(string? line)
    {
        if (line is null) return;
        lock (tail)
        {
            tail.Enqueue(line);
            if (tail.Count > 30) tail.Dequeue();
            if (log.BaseStream is not { CanWrite: true }) return;
            log.WriteLine(line);
        }

        if (!stopping && Ended().Match(line) is { Success: true } end) lost.TrySetResult(end.Value);
        if (echo) Console.Error.WriteLine(line);
    }

    [GeneratedRegex(@"'(registry|installer|runner|ingest|gateway|postgres|messaging)' exited with code \d+")]
    private static partial Regex Ended();
}
