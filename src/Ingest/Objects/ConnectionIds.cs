using Microsoft.Extensions.Caching.Memory;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Ingest.Objects;

/// <summary>Resolves a connection's name, which Registry owns. Names are immutable, so an answer stays right for a while.</summary>
internal sealed class ConnectionIds(RegistryClient registry, IMemoryCache cache)
{
    // Short, as a name may be given again after its connection was removed.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);

    /// <exception cref="ServiceDefaults.ProblemException">404 unknown_connection, from Registry.</exception>
    public async Task<Guid> ResolveAsync(string name, CancellationToken cancellation)
    {
        if (cache.TryGetValue(Key(name), out Guid known))
            return known;
        var connection = await registry.ResolveConnectionAsync(new() { Name = name }, cancellationToken: cancellation);
        return cache.Set(Key(name), Guid.Parse(connection.Id), Kept);
    }

    /// <summary>The name may be given again.</summary>
    public void Forget(string name) => cache.Remove(Key(name));

    private static (Type, string) Key(string name) => (typeof(ConnectionIds), name);
}
