using Npgsql;
using Platform.Runner.Logs;

namespace Platform.Runner.Runs;

/// <summary>
/// Hears on every replica what is asked of those who hold runs and invocations, that these have ended, and that a log has grown. Only a quicker way to
/// what polling finds too.
/// </summary>
internal sealed class RunChanges(NpgsqlDataSource database) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>An invocation has ended, which concerns only those who wait for it.</summary>
    public const string Ends = "ends";

    /// <summary>
    /// Raised with the id of a run or listener that changed, and of an invocation whose end is asked for or lets others begin; from the listener's thread.
    /// </summary>
    public event Action<Guid>? Asked;

    private event Action<Guid>? Changed;

    private event Action<Guid>? LogGrew;

    /// <summary>Returns when the run has changed, after <paramref name="limit"/>, or when cancelled; never fails.</summary>
    public async Task WaitAsync(Guid run, TimeSpan limit, CancellationToken cancel)
    {
        var change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed += OnChanged;
        await Task.WhenAny(change.Task, Task.Delay(limit, cancel));
        Changed -= OnChanged;

        void OnChanged(Guid changed)
        {
            if (changed == run)
                change.TrySetResult();
        }
    }

    /// <summary>The same for whichever changes.</summary>
    public async Task WaitForAnyAsync(TimeSpan limit, CancellationToken cancel)
    {
        var change = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed += OnChanged;
        await Task.WhenAny(change.Task, Task.Delay(limit, cancel));
        Changed -= OnChanged;

        void OnChanged(Guid changed) => change.TrySetResult();
    }

    /// <summary>The same for what is asked, of this one or of any.</summary>
    public async Task AskedAsync(Guid? row, TimeSpan limit, CancellationToken cancel)
    {
        var word = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Asked += OnAsked;
        await Task.WhenAny(word.Task, Task.Delay(limit, cancel));
        Asked -= OnAsked;

        void OnAsked(Guid asked)
        {
            if (row is null || asked == row)
                word.TrySetResult();
        }
    }

    /// <summary>The same for the log of a run or invocation, which also ends to grow with its run.</summary>
    public async Task LogGrowsAsync(Guid subject, TimeSpan limit, CancellationToken cancel)
    {
        var growth = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Changed += OnNews;
        LogGrew += OnNews;
        await Task.WhenAny(growth.Task, Task.Delay(limit, cancel));
        Changed -= OnNews;
        LogGrew -= OnNews;

        void OnNews(Guid about)
        {
            if (about == subject)
                growth.TrySetResult();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(stoppingToken);
                connection.Notification += (_, e) =>
                {
                    if (Guid.TryParse(e.Payload, out var id))
                        Hear(e.Channel, id);
                };
                await using (var listen = new NpgsqlCommand($"listen {RunStore.Channel}; listen {Ends}; listen {LogStore.Channel}", connection))
                    await listen.ExecuteNonQueryAsync(stoppingToken);
                while (true)
                    await connection.WaitAsync(stoppingToken);
            }
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Polling makes up for it meanwhile.
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Hear(string channel, Guid id)
    {
        if (channel == LogStore.Channel)
        {
            LogGrew?.Invoke(id);
            return;
        }

        Changed?.Invoke(id);
        if (channel == RunStore.Channel)
            Asked?.Invoke(id);
    }
}
