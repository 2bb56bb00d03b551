using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Health.V1;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.Tests;

/// <summary>A connector of the SDK under a host that asks for AutoMTLS, against hosts that are not that one.</summary>
public sealed class AutoMtlsTests : IDisposable
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private readonly MutualTls host = new();
    private readonly MutualTls stranger = new();

    public void Dispose()
    {
        host.Dispose();
        stranger.Dispose();
    }

    [Fact]
    public async Task The_host_that_started_it_is_answered()
    {
        await using var sample = await SampleProcess.StartAsync(host.CertificatePem);
        host.Trust(Announced(sample));

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await CheckAsync(sample, host));
    }

    [Fact]
    public async Task Its_certificate_is_what_a_go_host_verifies()
    {
        await using var sample = await SampleProcess.StartAsync(host.CertificatePem);

        Assert.DoesNotContain('=', sample.Handshake[5]);
        using var certificate = X509CertificateLoader.LoadCertificate(Announced(sample));
        Assert.True(certificate.MatchesHostname("localhost", allowWildcards: false, allowCommonName: false));
        Assert.True(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.True(certificate.Extensions.OfType<X509KeyUsageExtension>().Single().KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign));
        Assert.Equal(
            ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
            certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(o => o.Value));
    }

    [Fact]
    public async Task Another_client_certificate_is_refused_and_the_host_is_still_answered()
    {
        await using var sample = await SampleProcess.StartAsync(host.CertificatePem);
        host.Trust(Announced(sample));
        stranger.Trust(Announced(sample));

        var refusal = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(sample, stranger));

        Assert.Contains(refusal.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await CheckAsync(sample, host));
    }

    [Fact]
    public async Task No_client_certificate_is_refused()
    {
        await using var sample = await SampleProcess.StartAsync(host.CertificatePem);
        host.Trust(Announced(sample));
        var nameless = host.ClientOptions();
        nameless.ClientCertificateContext = null;
        using var channel = sample.Channel(nameless);

        await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel));
    }

    [Fact]
    public async Task A_call_without_tls_is_refused()
    {
        await using var sample = await SampleProcess.StartAsync(host.CertificatePem);
        using var channel = sample.Channel(null);

        await Assert.ThrowsAsync<RpcException>(() => CheckAsync(channel));
    }

    [Fact]
    public async Task Without_a_certificate_in_its_environment_it_speaks_plainly()
    {
        await using var sample = await SampleProcess.StartAsync(null);

        Assert.Equal("", sample.Handshake[5]);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await CheckAsync(sample, null));
    }

    [Fact]
    public async Task A_host_certificate_that_is_none_is_named_and_ends_it()
    {
        await using var sample = await SampleProcess.StartAsync("-----BEGIN CERTIFICATE-----\nnonsense");

        Assert.Equal(1, await sample.ExitAsync());
        Assert.Contains("PLUGIN_CLIENT_CERT", await sample.Errors);
        Assert.Equal([""], sample.Handshake);
    }

    private static byte[] Announced(SampleProcess sample)
    {
        var text = sample.Handshake[5];
        return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> CheckAsync(SampleProcess sample, MutualTls? tls)
    {
        using var channel = sample.Channel(tls?.ClientOptions());
        return await CheckAsync(channel);
    }

    private static async Task<HealthCheckResponse.Types.ServingStatus> CheckAsync(ChannelBase channel) =>
        (await new Health.HealthClient(channel).CheckAsync(new() { Service = "plugin" }, deadline: DateTime.UtcNow + CallLimit)).Status;
}
