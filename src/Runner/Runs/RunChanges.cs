using System.Collections.Concurrent;
using Npgsql;

namespace Platform.Runner.Runs;

/// <summary>Hears on every replica that a run was cancelled or has ended. Only a quicker way to what polling finds too.</summary>
internal sealed class RunChanges(NpgsqlDataSource database) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> waiting = [];

    /// <summary>Raised with every change of any run; from the listener's thread.</summary>
    public event Action? Changed;

    /// <summary>Returns when the run has changed, after <paramref name="limit"/>, or when cancelled; never fails.</summary>
    public async Task WaitAsync(Guid run, TimeSpan limit, CancellationToken cancel)
    {
        var change = waiting.GetOrAdd(run, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAny(change.Task, Task.Delay(limit, cancel));
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
                    if (Guid.TryParse(e.Payload, out var run) && waiting.TryRemove(run, out var change))
                        change.TrySetResult();
                    Changed?.Invoke();
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
