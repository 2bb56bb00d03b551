using Microsoft.Extensions.Hosting;

namespace Platform.Connectors.GoPlugin;

/// <summary>Ignores SIGINT, as go-plugin asks of a plugin; SIGTERM keeps its meaning.</summary>
internal sealed class HostDecidesLifetime : IHostLifetime, IDisposable
{
    private readonly ConsoleCancelEventHandler ignore = (_, e) => e.Cancel = true;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        Console.CancelKeyPress += ignore;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => Console.CancelKeyPress -= ignore;
}
