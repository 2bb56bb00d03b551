using Grpc.Core;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.HealthChecks.Internal;

// The application's health checks as the gRPC health service. What is watched changes as the host publishes it, every 30 seconds by default.
internal sealed class HealthServiceOfChecks(
    HealthServiceImpl published,
    HealthCheckService checks,
    IOptions<HealthCheckOptions> checkOptions,
    IOptions<GrpcHealthChecksOptions> options,
    IHostApplicationLifetime lifetime) : Health.V1.Health.HealthBase
{
    public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (options.Value.UseHealthChecksCache)
            return await published.Check(request, context);

        var status = await RunAsync(request.Service, context.CancellationToken);
        return status == ServingStatus.ServiceUnknown ? throw new RpcException(new Status(StatusCode.NotFound, "")) : new HealthCheckResponse { Status = status };
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, options.Value.SuppressCompletionOnShutdown ? CancellationToken.None : lifetime.ApplicationStopping);
        await published.WatchAsync(
            request.Service, responseStream, options.Value.UseHealthChecksCache ? null : () => RunAsync(request.Service, end.Token), end.Token);
    }

    private async Task<ServingStatus> RunAsync(string service, CancellationToken cancellationToken)
    {
        if (options.Value.Services.Find(service) is not { } mapping)
            return ServingStatus.ServiceUnknown;

        var report = await checks.CheckHealthAsync(
            registration => checkOptions.Value.Predicate?.Invoke(registration) != false
                && mapping.HealthCheckPredicate?.Invoke(new(registration.Name, registration.Tags)) != false,
            cancellationToken);
        return Combine(report.Entries.Values);
    }

    internal static ServingStatus Combine(IEnumerable<HealthReportEntry> entries)
    {
        var status = ServingStatus.Unknown;
        foreach (var entry in entries)
        {
            if (entry.Status == HealthStatus.Unhealthy)
                return ServingStatus.NotServing;

            status = ServingStatus.Serving;
        }

        return status;
    }
}
