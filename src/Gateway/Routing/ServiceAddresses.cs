using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Platform.Gateway.Routing;

/// <summary>
/// Turns <c>http://registry</c> into the addresses under <c>services:registry:http:0…</c>, where the AppHost puts them. The proxy
/// does not use HttpClientFactory, so that service discovery's own handler does not reach it.
/// </summary>
internal sealed class ServiceAddresses(IConfiguration configuration) : IDestinationResolver
{
    public ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            foreach (var endpoint in configuration.GetSection($"services:{address.Host}:{address.Scheme}").GetChildren())
                if (endpoint.Value is { } url)
                    resolved[$"{name}/{endpoint.Key}"] = destination with { Address = url };
        }

        // A service without an address has no destination: its requests are answered 503.
        return new(new ResolvedDestinationCollection(resolved, ChangeOf(configuration)));
    }

    private static IChangeToken ChangeOf(IConfiguration configuration) => configuration.GetReloadToken();
}
