using System.Net;
using System.Net.Sockets;

namespace Platform.ServiceDefaults;

/// <summary>Which addresses are globally routable, by the IANA special-purpose address registries (RFC 6890 and its updates).</summary>
internal static class GlobalAddress
{
    private static readonly IPNetwork[] NotGlobal4 =
    [
        .. new[]
        {
            "0.0.0.0/8",       // this network
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // private
            "100.64.0.0/10",   // carrier-grade NAT
            "127.0.0.0/8",     // loopback
            "169.254.0.0/16",  // link-local, cloud metadata
            "192.0.0.0/24",    // protocol assignments
            "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
            "192.88.99.0/24",  // 6to4 relays, deprecated
            "198.18.0.0/15",   // benchmarks
            "224.0.0.0/4",     // multicast
            "240.0.0.0/4",     // reserved, broadcast
        }.Select(n => IPNetwork.Parse(n)),
    ];

    private static readonly IPNetwork Unicast6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    private static readonly IPNetwork[] NotGlobal6 =
    [
        IPNetwork.Parse("2001::/23"),     // protocol assignments: Teredo, benchmarks, ORCHID
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("3fff::/20"),     // documentation
    ];

    /// <summary>An address that carries an IPv4 address (mapped, NAT64, 6to4) is as global as that one.</summary>
    public static bool IsGlobal(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !NotGlobal4.Any(n => n.Contains(address));
        if (address.IsIPv4MappedToIPv6)
            return IsGlobal(address.MapToIPv4());
        var bytes = address.GetAddressBytes();
        if (Nat64.Contains(address))
            return IsGlobal(new IPAddress(bytes.AsSpan(12)));
        if (SixToFour.Contains(address))
            return IsGlobal(new IPAddress(bytes.AsSpan(2, 4)));
        return Unicast6.Contains(address) && !NotGlobal6.Any(n => n.Contains(address));
    }
}
