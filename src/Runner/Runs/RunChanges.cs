using Npgsql;

namespace Platform.Runner.Runs;

/// <summary>Hears on every replica that a run or an invocation was cancelled or has ended. Only a quicker way to what polling finds too.</summary>
internal sealed class RunChanges(NpgsqlDataSource database) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Raised with the id of a run or invocation that changed; from the listener's thread.</summary>
    public event Action<Guid>? Changed;

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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(stoppingToken);
                connection.Notification += (_, e) =>
                {
                    if (Guid.TryParse(e.Payload, out var run))
                        Changed?.Invoke(run);
                };
                await using (var listen = new NpgsqlCommand($"listen {RunStore.Channel}", connection))
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
}
