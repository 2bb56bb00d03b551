using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.RegularExpressions;
using Platform.Gateway.Tests.Events;
using Platform.Servers;

namespace Platform.Gateway.Tests;

/// <summary>Behind an nginx with https that is set up as docs/operations.md says.</summary>
public sealed partial class ProxyTests(ServersFixture servers) : IAsyncLifetime
{
    /// <summary>Where the caller is, seen from the proxy; the proxy itself is 127.0.0.1.</summary>
    private static readonly IPAddress Caller = IPAddress.Parse("127.0.0.9");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gateway-proxy-");
    private Process? nginx;
    private GatewayReplica gateway = null!;
    private Uri proxy = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var present = File.Exists("/usr/sbin/nginx");
        Assert.SkipUnless(present || Environment.GetEnvironmentVariable("CI") == "true", "nginx is missing: install Debian's nginx-light.");
        gateway = await GatewayReplica.StartAsync(servers.PostgresConnectionString("proxied"), settings: new Dictionary<string, string> { ["Proxy:Networks:0"] = "127.0.0.1" });
        proxy = new($"https://127.0.0.1:{FreePorts.Take()}/");
        await StartProxyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (nginx is { HasExited: false }) Process.Start("kill", [$"{nginx.Id}"]).WaitForExit();
        if (nginx is not null) await nginx.WaitForExitAsync(CancellationToken.None).WaitAsync(Patience);
        if (gateway is not null) await gateway.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task The_callers_own_address_counts_whatever_it_says_of_itself()
    {
        using var client = Client();
        using var refused = await SendAsync(client, "/v1/tokens", "nobody", forwarded: "10.6.6.6");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var item = (await gateway.GetAsync("/v1/audit?denied=true")).GetProperty("items")[0];
        Assert.Equal(Caller.ToString(), item.GetProperty("address").GetString());

        var here = await BoundTokenAsync("127.0.0.9/32");
        var elsewhere = await BoundTokenAsync("10.6.6.6");
        using var allowed = await SendAsync(client, "/v1/events", here);
        using var foreign = await SendAsync(client, "/v1/events", elsewhere, forwarded: "10.6.6.6");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (allowed.StatusCode, foreign.StatusCode));
    }

    [Fact]
    public async Task Somebody_who_is_no_proxy_is_not_believed()
    {
        var elsewhere = await BoundTokenAsync("10.6.6.6");
        using var client = Client(gateway.Client.BaseAddress);

        using var response = await SendAsync(client, "/v1/events", elsewhere, forwarded: "10.6.6.6");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task The_console_stays_under_https_and_so_does_its_cookie()
    {
        using var browser = new ConsoleBrowser(proxy, Connect);

        using var signedIn = await browser.SignInAsync(await gateway.TokenAsync("admin"));

        Assert.Equal(new Uri(proxy, "/console"), signedIn.Headers.Location);
        Assert.All(browser.CookiesFor("/console"), cookie => Assert.True(cookie.Secure && cookie.HttpOnly, cookie.Name));
        using var page = await browser.GetAsync("/console/tokens");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
    }

    [Fact]
    public async Task An_event_comes_through_as_soon_as_it_is_there()
    {
        using var client = Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Authorization = new("Bearer", await gateway.TokenAsync("events:read"));
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);

        await gateway.AppendAsync(GatewayReplica.Event("sync.started", "docs", number: 7));

        var first = await GatewayReplica.EventsOf(stream).FirstAsync(Cancel);
        Assert.Equal(7, first.Event.GetProperty("data").GetProperty("number").GetInt32());
    }

    private async Task<string> BoundTokenAsync(string address)
    {
        using var made = await gateway.SendAsync(HttpMethod.Post, "/v1/tokens", new { name = $"t{Guid.NewGuid():N}", scopes = new[] { "events:read" }, addresses = new[] { address } });
        return JsonElement.Parse(await made.Content.ReadAsStringAsync(Cancel)).GetProperty("token").GetString()!;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string token, string? forwarded = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", token) } };
        if (forwarded is not null) request.Headers.Add("X-Forwarded-For", forwarded);
        return await client.SendAsync(request, Cancel);
    }

    private HttpClient Client(Uri? to = null)
    {
        var handler = new SocketsHttpHandler();
        Connect(handler);
        return new HttpClient(handler) { BaseAddress = to ?? proxy };
    }

    private static void Connect(SocketsHttpHandler handler)
    {
        // The test's own certificate.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        handler.ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(Caller, 0));
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        };
    }

    private async Task StartProxyAsync()
    {
        string In(string name) => Path.Combine(folder.FullName, name);
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        using (var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)))
        {
            await File.WriteAllTextAsync(In("platform.pem"), certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(In("platform.key"), key.ExportPkcs8PrivateKeyPem());
        }

        var documented = Documented().Match(await File.ReadAllTextAsync(Path.Combine(AsyncApiTests.Root(), "docs", "operations.md"))).Groups[1].Value;
        Assert.Contains("listen 443 ssl;", documented, StringComparison.Ordinal);
        await File.WriteAllTextAsync(In("nginx.conf"), $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off;
            pid {{In("pid")}};
            events {}
            http {
              access_log off;
              client_body_temp_path {{In("body")}}; proxy_temp_path {{In("proxy")}}; fastcgi_temp_path {{In("fastcgi")}}; uwsgi_temp_path {{In("uwsgi")}}; scgi_temp_path {{In("scgi")}};
              {{documented.Replace("listen 443", $"listen 127.0.0.1:{proxy.Port}", StringComparison.Ordinal).Replace("/etc/ssl/", folder.FullName + "/", StringComparison.Ordinal)
                  .Replace("http://127.0.0.1:5080", gateway.Client.BaseAddress!.ToString().TrimEnd('/'), StringComparison.Ordinal)}}
            }
            """);
        nginx = Process.Start(new ProcessStartInfo("/usr/sbin/nginx", ["-p", folder.FullName, "-c", In("nginx.conf"), "-e", In("error.log")]))!;
        await GatewayReplica.UntilAsync(async () =>
        {
            Assert.False(nginx.HasExited, File.Exists(In("error.log")) ? await File.ReadAllTextAsync(In("error.log")) : "nginx has ended.");
            using var probe = new TcpClient();
            return await Record.ExceptionAsync(() => probe.ConnectAsync(IPAddress.Loopback, proxy.Port, Cancel).AsTask()) is null;
        }, "nginx listens");
    }

    [GeneratedRegex("^```nginx\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Documented();
}
