using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Aspire.Hosting.Orchestration;

/// <summary>
/// One AppHost run's folder for sockets and throw-away data, and the reaper that removes it, with every process of the run, when the AppHost
/// ends or is killed. The reaper is a shell in a session of its own whose standard input is a pipe from here: the end of that pipe is its call.
/// </summary>
internal sealed class RunFolder : IAsyncDisposable
{
    private readonly Process reaper;
    private readonly Lock gate = new();

    private RunFolder(string path, Process reaper) => (Path, this.reaper) = (path, reaper);

    /// <summary>Short (unix socket paths end at 107 bytes), mode 0700.</summary>
    internal string Path { get; }

    internal static RunFolder Create()
    {
        string path;
        do
        {
            path = "/tmp/cp-" + RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 6);
        }
        while (!Native.CreateFolder(path));

        using var script = new StreamReader(typeof(RunFolder).Assembly.GetManifestResourceStream("reaper.sh")!);
        var start = new ProcessStartInfo("setsid", ["sh", "-c", script.ReadToEnd(), "reaper", path]) { RedirectStandardInput = true };
        var reaper = Spawner.Start(start);
        reaper.StandardInput.AutoFlush = true;
        return new(path, reaper);
    }

    internal void Register(int pid, Signal stop) => Tell($"root {pid.ToString(CultureInfo.InvariantCulture)} {(int)stop}");

    internal void Forget(int pid) => Tell($"gone {pid.ToString(CultureInfo.InvariantCulture)}");

    public async ValueTask DisposeAsync()
    {
        lock (gate)
            reaper.StandardInput.Close();
        await reaper.WaitForExitAsync();
        reaper.Dispose();
    }

    private void Tell(string line)
    {
        lock (gate)
            reaper.StandardInput.WriteLine(line);
    }
}

/// <summary>Starts processes from one thread that lives as long as the AppHost: a parent-death signal follows the starting thread.</summary>
internal static class Spawner
{
    private static readonly System.Collections.Concurrent.BlockingCollection<Action> work = [];

    static Spawner()
    {
        var thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
                action();
        })
        { IsBackground = true, Name = "Process starter" };
        thread.Start();
    }

    internal static Process Start(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>();
        work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception exception)
            {
                started.SetException(exception);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }
}
