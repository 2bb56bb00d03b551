using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Platform.Standins.Tests.Grpc;

public sealed class TlsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_call_shapes_go_over_tls(bool unixSocket)
    {
        using var certificate = Certificate("localhost");
        await using var server = await StartAsync(certificate, certificate.Thumbprint, unixSocket);
        Assert.Equal("https", server.Address.Scheme);

        Assert.Equal("unary", (await server.Client.SayAsync(new EchoRequest { Text = "unary" }, cancellationToken: Cancellation)).Text);
        Assert.Equal(3, await server.Client.Count(new EchoRequest { Count = 3 }, cancellationToken: Cancellation).ResponseStream.ReadAllAsync(Cancellation).CountAsync(Cancellation));
        using var collect = server.Client.Collect(cancellationToken: Cancellation);
        await collect.RequestStream.WriteAsync(new EchoRequest { Text = "client stream" }, Cancellation);
        await collect.RequestStream.CompleteAsync();
        Assert.Equal("client stream", (await collect).Text);
        using var chat = server.Client.Chat(cancellationToken: Cancellation);
        await chat.RequestStream.WriteAsync(new EchoRequest { Text = "both" }, Cancellation);
        Assert.True(await chat.ResponseStream.MoveNext(Cancellation));
        Assert.Equal("both", chat.ResponseStream.Current.Text);
    }

    [Fact]
    public async Task A_server_with_another_certificate_is_not_spoken_to()
    {
        using var certificate = Certificate("localhost");
        using var expected = Certificate("localhost");
        await using var server = await StartAsync(certificate, expected.Thumbprint);

        var exception = await Assert.ThrowsAsync<RpcException>(async () => await server.Client.SayAsync(new EchoRequest(), cancellationToken: Cancellation));

        Assert.Equal(StatusCode.Unavailable, exception.StatusCode);
        Assert.Contains(nameof(AuthenticationException), exception.Status.Detail);
    }

    [Fact]
    public async Task A_server_that_asks_for_a_certificate_hears_only_its_holder()
    {
        using var certificate = Certificate("localhost");
        using var known = Certificate("client");
        using var stranger = Certificate("client");
        foreach (var (client, allowed) in new[] { (known, true), (stranger, false), (null, false) })
        {
            await using var server = await StartAsync(certificate, certificate.Thumbprint, ask: known.Thumbprint, client: client);
            var call = server.Client.SayAsync(new EchoRequest { Text = "me" }, cancellationToken: Cancellation).ResponseAsync;

            if (allowed)
                Assert.Equal("me", (await call).Text);
            else
                Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        }
    }

    private static Task<EchoServer> StartAsync(X509Certificate2 certificate, string expected, bool unixSocket = false, string? ask = null, X509Certificate2? client = null) =>
        EchoServer.StartAsync(
            unixSocket,
            https: options =>
            {
                options.ServerCertificate = certificate;
                options.ClientCertificateMode = ask is null ? ClientCertificateMode.NoCertificate : ClientCertificateMode.RequireCertificate;
                options.ClientCertificateValidation = (presented, _, _) => presented.Thumbprint == ask;
            },
            handler: sockets =>
            {
                sockets.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == expected;
                sockets.SslOptions.ClientCertificates = client is null ? [] : [client];
            });

    internal static X509Certificate2 Certificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
    }
}
