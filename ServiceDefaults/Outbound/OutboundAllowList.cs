using System.Net;

namespace Platform.ServiceDefaults;

/// <summary>The setting <c>Outbound:Allow</c>: hosts with or without a port, addresses and CIDR networks.</summary>
internal sealed class OutboundAllowList
{
    private readonly List<IPNetwork> networks = [];
    private readonly HashSet<string> hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="InvalidOperationException">Names every entry that is none of these.</exception>
    public static OutboundAllowList Parse(IReadOnlyList<string> entries)
    {
        var list = new OutboundAllowList();
        var wrong = new List<string>();
        foreach (var entry in entries)
        {
            if (entry.Contains('/'))
            {
                if (IPNetwork.TryParse(entry, out var network))
                    list.networks.Add(network);
                else
                    wrong.Add(entry);
            }
            else if (IPAddress.TryParse(entry, out var address))
                list.hosts.Add(address.ToString());
            else if (Uri.TryCreate($"tcp://{entry}", UriKind.Absolute, out var uri) && uri is { Host.Length: > 0, PathAndQuery: "" or "/", UserInfo: "" })
                list.hosts.Add(uri.Port < 0 ? uri.IdnHost : $"{uri.IdnHost}:{uri.Port}");
            else
                wrong.Add(entry);
        }
        return wrong.Count == 0
            ? list
            : throw new InvalidOperationException($"Outbound:Allow holds what is neither host, host:port nor CIDR: {string.Join(", ", wrong)}");
    }

    public bool Contains(string host, int port, IPAddress address) =>
        hosts.Contains(host) || hosts.Contains($"{host}:{port}") || networks.Any(n => n.Contains(address));
}
