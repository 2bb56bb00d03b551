using MassTransit;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

/// <summary>
/// A bus that is still connecting when the host stops is not stopped by MassTransit ("Not Started"): it goes on connecting,
/// and then takes commands for a host that is gone. So the end of the start is waited for first.
/// </summary>
internal sealed class StopOnceStarted(IBusControl bus) : IHostedService
{
    /// <summary>With the broker away there is no end of the start to wait for, and nothing to take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await bus.WaitForHealthStatus(BusHealthStatus.Healthy, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // The stop goes on: what must not be waited for any longer is the broker.
        }
    }
}
