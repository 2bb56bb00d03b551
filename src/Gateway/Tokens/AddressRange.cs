using System.Net;

namespace Platform.Gateway.Tokens;

/// <summary>Addresses as people write them down.</summary>
internal static class AddressRange
{
    /// <summary>A network such as 10.0.0.0/8, or a single address.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }
}
