using MassTransit;

namespace Platform.ServiceDefaults;

/// <summary>Publishes commands with a deadline: with the broker away, MassTransit would wait without end.</summary>
public sealed class CommandPublisher(IBus bus)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <exception cref="TimeoutException">The broker did not confirm within five seconds; the command may or may not have arrived.</exception>
    public async Task PublishAsync<T>(T command, CancellationToken cancellationToken)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Patience);
        try
        {
            await bus.Publish(command, deadline.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The broker did not confirm {typeof(T).Name} within {Patience.TotalSeconds} s.", e);
        }
    }

    /// <summary>For wake-ups that a sweep makes up for. False when the broker did not confirm in time.</summary>
    public async Task<bool> TryPublishAsync<T>(T command, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            await PublishAsync(command, cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
