using Microsoft.Extensions.Options;
using Platform.Installer.Build;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>
/// Runs installs: a few at once, one at a time for one connector, in the order in which they came. What an earlier process
/// did not finish or answer goes on at start.
/// </summary>
internal sealed partial class InstallQueue(
    DataFolder data, InstallStatuses statuses, InstallLogs logs, RunInstall install, AnswerInstall answer, OldInstalls old, Sandbox sandbox,
    IOptions<InstallOptions> options, ILogger<InstallQueue> logger) : IHostedService
{
    private static readonly TimeSpan LostPause = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly List<InstallStatus> _waiting = [];
    private readonly Dictionary<Guid, (string Connector, CancellationTokenSource Cancel)> _running = [];
    private readonly List<Task> _tasks = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Returns when the install is on the disk. One that is known already is not begun again; its answer is repeated.</summary>
    /// <exception cref="IOException">It could not be written; nothing of it is left.</exception>
    public void Accept(InstallStatus status)
    {
        lock (_lock)
        {
            switch (statuses.Find(status.InstallId))
            {
                case null:
                    Keep(status);
                    FaultPoints.Pass("install-accepted");
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

    /// <summary>Ends an install that waits or runs; one that is final keeps its answer, which is repeated.</summary>
    public void Cancel(Guid id)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(id, out var running))
            {
                // Not here: what hangs on it may take its time, and the lock.
                Track(running.Cancel.CancelAsync());
                return;
            }
            var index = _waiting.FindIndex(status => status.InstallId == id);
            if (index >= 0)
            {
                var final = install.Cancel(_waiting[index], logs.Find(id)!);
                _waiting.RemoveAt(index);
                logs.Close(id);
                Track(FinishAsync(final));
            }
            else if (statuses.Find(id) is { IsFinal: true, Answered: true } known)
            {
                Track(answer.SendAsync(known, _stopping.Token));
            }
        }
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await sandbox.IsolationAsync();
        lock (_lock)
        {
            old.Prepare();
            foreach (var status in statuses.All())
            {
                if (status is { IsFinal: true, Answered: false }) Track(FinishAsync(status));
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

    private void Keep(InstallStatus status)
    {
        try
        {
            logs.Open(status.InstallId);
            statuses.Write(status);
        }
        catch (Exception e)
        {
            LogNotAccepted(logger, e, status.InstallId);
            logs.Close(status.InstallId);
            Tree.Delete(data.Install(status.InstallId));
            throw;
        }
    }

    private void Pump()
    {
        while (!_stopping.IsCancellationRequested && _running.Count < options.Value.Concurrency)
        {
            var next = _waiting.FindIndex(status => _running.Values.All(running => running.Connector != status.Connector));
            if (next < 0) return;
            var status = _waiting[next];
            _waiting.RemoveAt(next);
            var cancel = new CancellationTokenSource();
            _running.Add(status.InstallId, (status.Connector, cancel));
            Track(Task.Run(() => RunAsync(status, cancel)));
        }
    }

    private async Task RunAsync(InstallStatus status, CancellationTokenSource cancel)
    {
        InstallStatus? final = null;
        try
        {
            final = await install.RunAsync(status, logs.Find(status.InstallId)!, cancel.Token, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Goes on at the next start.
        }
        catch (Exception e)
        {
            // Only what hinders the status file itself comes here.
            LogLost(logger, e, status.InstallId, LostPause);
        }
        logs.Close(status.InstallId);
        lock (_lock)
        {
            _running.Remove(status.InstallId);
            Pump();
        }
        if (final is not null) await FinishAsync(final);
        else if (!_stopping.IsCancellationRequested) await BeginAgainAsync(status.InstallId);
    }

    private async Task FinishAsync(InstallStatus final)
    {
        await answer.SendAsync(final, _stopping.Token);
        try
        {
            old.Prune();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotPruned(logger, e);
        }
    }

    private async Task BeginAgainAsync(Guid id)
    {
        await Task.Delay(LostPause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested || statuses.Find(id) is not { IsFinal: false } status) return;
            logs.Open(id);
            _waiting.Add(status);
            Pump();
        }
    }

    private void Track(Task task)
    {
        _tasks.RemoveAll(t => t.IsCompleted);
        _tasks.Add(task);
    }

    [LoggerMessage(LogLevel.Error, "Install {InstallId} could not be accepted; is the disk of Data:Directory full?")]
    private static partial void LogNotAccepted(ILogger logger, Exception e, Guid installId);

    [LoggerMessage(LogLevel.Error, "Install {InstallId} could not be recorded; it begins again in {Pause}. Is the disk of Data:Directory full?")]
    private static partial void LogLost(ILogger logger, Exception e, Guid installId, TimeSpan pause);

    [LoggerMessage(LogLevel.Warning, "Old installs could not be removed")]
    private static partial void LogNotPruned(ILogger logger, Exception e);
}
