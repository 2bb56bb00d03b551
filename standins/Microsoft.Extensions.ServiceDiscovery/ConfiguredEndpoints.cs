using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Addresses under <c>services:{name}:{scheme or endpoint}:{index}</c>, taken in turn. A host without any stays as it is.</summary>
internal sealed class ConfiguredEndpoints(IConfiguration configuration)
{
    private int turn;

    public Uri Resolve(Uri uri)
    {
        // "https+http" lists the allowed schemes, the preferred first; "_grpc.registry" names an endpoint.
        var schemes = uri.Scheme.Split('+');
        var host = uri.Host;
        string? endpoint = null;
        if (host.StartsWith('_') && host.IndexOf('.') is var dot and > 1)
            (endpoint, host) = (host[1..dot], host[(dot + 1)..]);

        foreach (var section in endpoint is null ? schemes : [endpoint])
        {
            var addresses = configuration.GetSection($"services:{host}:{section}").GetChildren().Select(c => c.Value).OfType<string>().ToArray();
            if (addresses.Length == 0)
                continue;
            var chosen = addresses[(int)((uint)Interlocked.Increment(ref turn) % (uint)addresses.Length)];
            var target = chosen.Contains("://", StringComparison.Ordinal) ? new Uri(chosen) : new Uri($"{schemes[0]}://{chosen}");
            return new UriBuilder(uri) { Scheme = target.Scheme, Host = target.Host, Port = target.Port }.Uri;
        }
        return schemes.Length == 1 ? uri : new UriBuilder(uri) { Scheme = schemes[0], Port = uri.Port }.Uri;
    }
}
