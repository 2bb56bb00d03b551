using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults;

internal sealed class OutboxRelay(string connectionString, EventBroker broker, ILogger<OutboxRelay> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _ = (connectionString, broker, logger);
        return Task.CompletedTask;
    }
}
