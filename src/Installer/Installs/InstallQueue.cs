using Microsoft.Extensions.Options;
using Platform.Installer.Build;

namespace Platform.Installer.Installs;

/// <summary>
/// Runs installs: a few at once, one at a time for one connector, in the order in which they came. What an earlier process
/// did not finish or answer goes on at start.
/// </summary>
internal sealed partial class InstallQueue(
    InstallStatuses statuses, InstallLogs logs, RunInstall install, AnswerInstall answer, Sandbox sandbox,
    IOptions<InstallOptions> options, ILogger<InstallQueue> logger) : IHostedService
{
    private readonly Lock _lock = new();
    private readonly List<InstallStatus> _waiting = [];
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private readonly List<Task> _tasks = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Returns when the install is on the disk. One that is known already is not begun again; its answer is repeated.</summary>
    public void Accept(InstallStatus status)
    {
        lock (_lock)
        {
            switch (statuses.Find(status.InstallId))
            {
                case null:
                    logs.Open(status.InstallId);
                    statuses.Write(status);
                    _waiting.Add(status);
                    Pump();
                    break;
                case { IsFinal: true, Answered: true } known:
                    Track(answer.SendAsync(known, _stopping.Token));
                    break;
                default:
                    // Under way, or its answer is.
                    break;
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await sandbox.IsolationAsync();
        lock (_lock)
        {
            foreach (var status in statuses.All())
            {
                if (status is { IsFinal: true, Answered: false }) Track(answer.SendAsync(status, _stopping.Token));
                if (status.IsFinal) continue;
                logs.Open(status.InstallId);
                _waiting.Add(status);
            }
            Pump();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        Task[] tasks;
        lock (_lock) tasks = [.. _tasks];
        await Task.WhenAll(tasks).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock) _waiting.ForEach(status => logs.Close(status.InstallId));
    }

    private void Pump()
    {
        while (!_stopping.IsCancellationRequested && _busy.Count < options.Value.Concurrency)
        {
            var next = _waiting.FindIndex(status => !_busy.Contains(status.Connector));
            if (next < 0) return;
            var status = _waiting[next];
            _waiting.RemoveAt(next);
            _busy.Add(status.Connector);
            Track(Task.Run(() => RunAsync(status)));
        }
    }

    private async Task RunAsync(InstallStatus status)
    {
        InstallStatus? final = null;
        try
        {
            final = await install.RunAsync(status, logs.Find(status.InstallId)!, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Goes on at the next start.
        }
        catch (Exception e)
        {
            // Only what hinders the status file itself comes here; the install goes on at the next start.
            LogLost(logger, e, status.InstallId);
        }
        logs.Close(status.InstallId);
        lock (_lock)
        {
            _busy.Remove(status.Connector);
            Pump();
        }
        if (final is not null) await answer.SendAsync(final, _stopping.Token);
    }

    private void Track(Task task)
    {
        _tasks.RemoveAll(t => t.IsCompleted);
        _tasks.Add(task);
    }

    [LoggerMessage(LogLevel.Error, "Install {InstallId} could not be recorded; it begins again when the Installer starts")]
    private static partial void LogLost(ILogger logger, Exception e, Guid installId);
}
