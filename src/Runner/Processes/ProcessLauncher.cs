using System.Collections.Concurrent;
using System.Diagnostics;

namespace Platform.Runner.Processes;

/// <summary>
/// Starts every connector from one thread that lives as long as the Runner: a parent-death signal follows the thread that
/// forked, so a child of a pool thread would be killed when the pool shrinks.
/// </summary>
internal sealed class ProcessLauncher
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> requests = [];

    public ProcessLauncher() =>
        new Thread(StartThem) { Name = "connector launcher", IsBackground = true }.Start();

    public Task<Process> StartAsync(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        requests.Add((start, started));
        return started.Task;
    }

    private void StartThem()
    {
        foreach (var (start, started) in requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        }
    }
}
