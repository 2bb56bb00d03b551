using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Addresses under <c>services:{name}:{default, scheme or endpoint}:{index}</c>, taken in turn. A host without any stays as it is.</summary>
internal sealed class ConfiguredEndpoints(IConfiguration configuration)
{
    private int turn;

    public Uri Resolve(Uri uri)
    {
        // "https+http" lists the allowed schemes, the preferred first; "_grpc.registry" names an endpoint.
        var schemes = uri.Scheme.Split('+');
        var host = uri.Host;
        string[] sections = ["default", .. schemes];
        if (host.StartsWith('_') && host.IndexOf('.') is var dot and > 1)
            (sections, host) = ([host[1..dot]], host[(dot + 1)..]);

        var service = configuration.GetSection($"services:{host}");
        var section = sections.Select(service.GetSection).FirstOrDefault(s => s.Exists());
        var targets = section is null ? [] : Addresses(section).Select(address => Parse(address, schemes[0])).ToArray();
        var best = schemes.FirstOrDefault(scheme => targets.Any(target => target.Scheme == scheme));
        targets = [.. targets.Where(target => target.Scheme == best)];
        if (targets.Length == 0)
            return schemes.Length == 1 ? uri : new UriBuilder(uri) { Scheme = schemes[0], Port = uri.Port }.Uri;
        var chosen = targets[(int)((uint)Interlocked.Increment(ref turn) % (uint)targets.Length)];
        return new UriBuilder(uri) { Scheme = chosen.Scheme, Host = chosen.Host, Port = chosen.Port }.Uri;
    }

    private static IEnumerable<string> Addresses(IConfigurationSection section) =>
        section.Value is { Length: > 0 } single ? [single] : section.GetChildren().Select(child => child.Value).OfType<string>();

    private static Uri Parse(string address, string scheme) =>
        new(address.Contains("://", StringComparison.Ordinal) ? address : $"{scheme}://{address}");
}
