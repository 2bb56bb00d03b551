using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace Platform.ServiceDefaults;

/// <summary>
/// For requests whose target a caller chooses: refuses every address that is not globally routable, after name resolution and after each
/// redirect, unless the setting <c>Outbound:Allow</c> (an array of <c>host</c>, <c>host:port</c> or CIDR) names it.
/// </summary>
public sealed class OutboundGuard(IConfiguration configuration)
{
    private const string Key = "Outbound:Allow";
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private readonly OutboundAllowList allowed = OutboundAllowList.Parse(configuration.GetSection(Key).Get<string[]>() ?? []);

    /// <summary>
    /// A handler for http and https whose every connection, redirects included, goes to a checked address; no proxy. A refusal is a
    /// <see cref="ProblemException"/>. The caller owns it; keep one and reuse it.
    /// </summary>
    /// <param name="maxRedirects">How many redirects a request may follow, 0 and up.</param>
    public HttpMessageHandler HttpHandler(int maxRedirects = GuardedRedirects.DefaultMax) => new GuardedRedirects(ConnectHandler(), maxRedirects);

    /// <summary>
    /// The same for a caller that looks at redirects itself: they are answered as they came, and a refusal is the inner exception of a
    /// <see cref="HttpRequestException"/>.
    /// </summary>
    public SocketsHttpHandler ConnectHandler() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        ConnectCallback = ConnectAsync,
    };

    /// <summary>Resolves and checks a host that something else dials, such as git. Dial only the returned addresses where that can be arranged.</summary>
    /// <exception cref="ProblemException">422 <c>outbound_refused</c> when any address is refused, <c>outbound_unresolved</c> when there is none.</exception>
    public async Task<IReadOnlyList<IPAddress>> CheckHostAsync(string host, int port, CancellationToken cancellationToken)
    {
        host = host.Trim('[', ']');
        IPAddress[] addresses;
        try
        {
            addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (SocketException)
        {
            addresses = [];
        }
        if (addresses.Length == 0)
            throw new ProblemException(new Problem(
                "outbound_unresolved", 422, "The host name has no address", $"{host} cannot be resolved.", "Check the spelling, or the name server of this machine."));
        foreach (var address in addresses)
        {
            if (!GlobalAddress.IsGlobal(address) && !allowed.Contains(host, port, address))
                throw new ProblemException(new Problem(
                    "outbound_refused", 422, "The target is not a public address",
                    host == address.ToString() ? $"{host} is not globally routable." : $"{host} resolves to {address}, which is not globally routable.",
                    $"Use a public address, or have an operator add {host}:{port} to the setting {Key} (./platform up --allow-outbound {host}:{port})."));
        }
        return addresses;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var addresses = await CheckHostAsync(target.Host, target.Port, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // To the checked addresses: a second resolution might answer differently.
            await socket.ConnectAsync([.. addresses], target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
