using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace Platform.ServiceDefaults.Tests;

public sealed class OutboundGuardTests
{
    private static OutboundGuard Guard(params string[] allowed) => new(new ConfigurationBuilder()
        .AddInMemoryCollection(allowed.Select((entry, i) => KeyValuePair.Create($"Outbound:Allow:{i}", (string?)entry))).Build());

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:192.168.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("localhost")]
    [InlineData("[::1]")]
    [InlineData("2130706433")] // 127.0.0.1 as one number
    [InlineData("0x7f.1")]
    public async Task A_target_that_is_not_public_is_refused(string host)
    {
        var error = await Assert.ThrowsAsync<ProblemException>(() => Guard().CheckHostAsync(host, 80, TestContext.Current.CancellationToken));

        Assert.Equal("outbound_refused", error.Problem.Code);
        Assert.Equal(422, error.Problem.Status);
        Assert.Contains("Outbound:Allow", error.Problem.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    [InlineData("2606:4700::1111")]
    public async Task A_public_target_is_allowed(string host) =>
        Assert.Equal([IPAddress.Parse(host)], await Guard().CheckHostAsync(host, 443, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("localhost", "localhost", 80)]
    [InlineData("localhost:80", "LOCALHOST", 80)]
    [InlineData("127.0.0.0/8", "localhost", 80)]
    [InlineData("127.0.0.1", "127.0.0.1", 99)]
    [InlineData("fd00::/8", "fd12::1", 80)]
    public async Task The_setting_allows_what_it_names(string entry, string host, int port) =>
        Assert.NotEmpty(await Guard(entry, "::1/128").CheckHostAsync(host, port, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("localhost:80", "localhost", 81)]
    [InlineData("127.0.0.2", "127.0.0.1", 80)]
    [InlineData("10.0.0.0/8", "127.0.0.1", 80)]
    public async Task The_setting_allows_nothing_else(string entry, string host, int port) =>
        await Assert.ThrowsAsync<ProblemException>(() => Guard(entry).CheckHostAsync(host, port, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("10.0.0.0/99")]
    [InlineData("http://localhost/")]
    [InlineData("")]
    public void A_senseless_setting_is_named(string entry) =>
        Assert.Contains("Outbound:Allow", Assert.Throws<InvalidOperationException>(() => Guard(entry)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_host_without_address_is_said_so() =>
        Assert.Equal("outbound_unresolved", (await Assert.ThrowsAsync<ProblemException>(
            () => Guard().CheckHostAsync("nowhere.invalid", 80, TestContext.Current.CancellationToken))).Problem.Code);

    [Theory]
    [InlineData("http://127.0.0.1:1/")]
    [InlineData("http://localhost:1/")]
    [InlineData("https://[::1]:1/")]
    public async Task The_handler_refuses_before_it_connects(string uri)
    {
        using var client = new HttpClient(Guard().HttpHandler());

        var error = await Assert.ThrowsAsync<ProblemException>(() => client.GetAsync(uri, TestContext.Current.CancellationToken));

        Assert.Equal("outbound_refused", error.Problem.Code);
    }

    [Fact]
    public async Task A_redirect_is_checked_like_the_first_address()
    {
        await using var inner = await TestService.StartAsync(app => app.MapGet("/secret", () => "treasure"), requireSecret: false);
        await using var outer = await TestService.StartAsync(
            app =>
            {
                app.MapGet("/away", () => Results.Redirect(inner.Address + "secret"));
                app.MapGet("/file", () => Results.Redirect("file:///etc/passwd"));
                app.MapGet("/here", () => Results.Redirect("/there"));
                app.MapGet("/loop", () => Results.Redirect("/loop"));
                app.MapGet("/none", context =>
                {
                    (context.Response.StatusCode, context.Response.Headers.Location) = (302, "//");
                    return Task.CompletedTask;
                });
                app.MapGet("/user", (HttpRequest request) => Results.Redirect($"http://user:hunter22@{request.Host}/loop"));
                app.MapGet("/there", () => "arrived");
            },
            requireSecret: false);
        using var client = new HttpClient(Guard($"127.0.0.1:{outer.Address.Port}").HttpHandler()) { BaseAddress = outer.Address };

        Assert.Equal("arrived", await client.GetStringAsync("/here", TestContext.Current.CancellationToken));
        var error = await Assert.ThrowsAsync<ProblemException>(() => client.GetAsync("/away", TestContext.Current.CancellationToken));
        Assert.Equal("outbound_refused", error.Problem.Code);
        error = await Assert.ThrowsAsync<ProblemException>(() => client.GetAsync("/file", TestContext.Current.CancellationToken));
        Assert.Equal("outbound_redirect_refused", error.Problem.Code);
        foreach (var path in (string[])["/loop", "/none", "/user"])
        {
            error = await Assert.ThrowsAsync<ProblemException>(() => client.GetAsync(path, TestContext.Current.CancellationToken));
            Assert.Equal("outbound_redirect_refused", error.Problem.Code);
            Assert.DoesNotContain("hunter22", error.Problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_redirect_from_https_to_http_is_refused()
    {
        await using var plain = await TestService.StartAsync(app => app.MapGet("/plain", () => "treasure"), requireSecret: false);
        using var certificate = Certificate();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        await using var secure = builder.Build();
        secure.Run(context =>
        {
            context.Response.Redirect(context.Request.Path == "/down" ? $"{plain.Address}plain" : "/down");
            return Task.CompletedTask;
        });
        await secure.StartAsync(TestContext.Current.CancellationToken);
        // The handler below the guard's redirects, trusting this one server.
        using var client = new HttpClient(new GuardedRedirects(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() },
        }));

        foreach (var path in (string[])["down", "first"])
        {
            var error = await Assert.ThrowsAsync<ProblemException>(() => client.GetAsync($"{secure.Urls.Single()}/{path}", TestContext.Current.CancellationToken));
            Assert.Equal("outbound_redirect_refused", error.Problem.Code);
            Assert.Contains("scheme http", error.Problem.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_number_of_redirects_is_the_callers()
    {
        await using var server = await TestService.StartAsync(
            app =>
            {
                app.MapGet("/two", () => Results.Redirect("/one"));
                app.MapGet("/one", () => Results.Redirect("/zero"));
                app.MapGet("/zero", () => "arrived");
            },
            requireSecret: false);
        foreach (var (redirects, arrives) in ((int, bool)[])[(2, true), (1, false), (0, false)])
        {
            using var client = new HttpClient(Guard("127.0.0.1").HttpHandler(redirects)) { BaseAddress = server.Address };
            var answer = client.GetStringAsync("/two", TestContext.Current.CancellationToken);
            if (arrives) Assert.Equal("arrived", await answer);
            else Assert.Equal("outbound_redirect_refused", (await Assert.ThrowsAsync<ProblemException>(() => answer)).Problem.Code);
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var bare = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null);
    }
}
