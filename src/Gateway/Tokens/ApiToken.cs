using System.Net;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>A token that may still be used, as kept in memory. One that is being rotated is there twice, once for each of its texts.</summary>
/// <param name="ExpiresAt">Null: never.</param>
/// <param name="Networks">It may be used from; none: from anywhere.</param>
/// <param name="IsIssued">By another issuer: it is not in the table, has no hash, and ends by its expiry alone.</param>
internal sealed record ApiToken(Guid Id, string Name, byte[] Hash, string[] Scopes, DateTime? ExpiresAt, IReadOnlyList<IPNetwork> Networks, bool IsIssued = false)
{
    public bool IsExpired(DateTimeOffset now) => ExpiresAt is { } end && end <= now.UtcDateTime;

    /// <summary>Its scopes, to be asked: they may be restricted to connections.</summary>
    public ScopeSet Held { get; } = ScopeSet.Of(Scopes);

    /// <param name="caller">Null: not known, as over a unix socket; then only a token without networks may be used.</param>
    public bool AllowsFrom(IPAddress? caller)
    {
        if (Networks.Count == 0) return true;
        var address = caller is { IsIPv4MappedToIPv6: true } ? caller.MapToIPv4() : caller;
        return address is not null && Networks.Any(network => network.Contains(address));
    }
}
