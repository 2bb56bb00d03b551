using System.Text;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>
/// To services of the platform's own and, through the guard, to everything else. No proxy, no cookies, no redirects by themselves, no decompression, and
/// no time limit: the invocation has one.
/// </summary>
internal sealed class OmsHttpClients(OutboundGuard guard) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    // Servers close an idle connection after two seconds and more; a request that meets the closing is lost, and not every one may be sent again.
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(1);

    public HttpClient Own { get; } = Of(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });

    public HttpClient Outside { get; } = Of(guard.ConnectHandler());

    public void Dispose()
    {
        Own.Dispose();
        Outside.Dispose();
    }

    private static HttpClient Of(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = ConnectTimeout;
        handler.PooledConnectionIdleTimeout = IdleTimeout;
        handler.RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8;
        return new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
