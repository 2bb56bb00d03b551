using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

/// <summary>
/// Fails the start when a route of the API names no scope: one that was forgotten would be open to every token, and no test of the others would notice.
/// What the gateway passes on has no methods of its own; the services judge that.
/// </summary>
internal sealed class RouteScopeCheck(EndpointDataSource endpoints) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var forgotten = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(route => "/" + route.RoutePattern.RawText?.TrimStart('/') is { } path && path.StartsWith("/v1/", StringComparison.Ordinal)
                && route.Metadata.GetMetadata<IHttpMethodMetadata>() is not null && route.Metadata.GetMetadata<INeedsScope>() is null && route.Metadata.GetMetadata<AnyToken>() is null)
            .Select(route => route.DisplayName).ToList();
        return forgotten.Count == 0 ? Task.CompletedTask
            : throw new InvalidOperationException($"These routes name no scope: {string.Join(", ", forgotten)}. RequireScope, RequireConnectionScope or RequireScopeSomewhere says which; AllowAnyToken says that there is none.");
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Endpoint metadata of <see cref="Scopes.AllowAnyToken"/>.</summary>
public sealed record AnyToken;
