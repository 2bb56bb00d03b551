using Grpc.HealthCheck;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.HealthChecks.Internal;

internal sealed class StatusPublisher(HealthServiceImpl published, IOptions<GrpcHealthChecksOptions> options) : IHealthCheckPublisher
{
    public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
    {
        foreach (var mapping in options.Value.Services)
        {
            var entries = report.Entries.Where(entry => mapping.HealthCheckPredicate?.Invoke(new(entry.Key, entry.Value.Tags)) != false);
            published.SetStatus(mapping.Name, HealthServiceOfChecks.Combine(entries.Select(entry => entry.Value)));
        }

        return Task.CompletedTask;
    }
}
