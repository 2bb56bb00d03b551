using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Platform.Protocols.GoPlugin;

/// <summary>
/// One side of go-plugin's AutoMTLS: a throw-away certificate of its own, and trust in exactly one other. The same pair
/// serves every connection between the two, whoever dials. Compiled into host and plugin alike.
/// </summary>
internal sealed class MutualTls : IDisposable
{
    /// <summary>The name that both sides give their certificate, and ask for when they dial.</summary>
    public const string ServerName = "localhost";

    /// <summary>In the plugin's environment: the host's certificate as PEM text, without its key.</summary>
    public const string ClientCertificateVariable = "PLUGIN_CLIENT_CERT";

    // As go-plugin does: a clock that steps back, and a plugin that is never restarted.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Validity = TimeSpan.FromHours(262_980);
    private static readonly List<SslApplicationProtocol> Http2 = [SslApplicationProtocol.Http2];

    private readonly X509Certificate2 own = Create();
    private readonly SslStreamCertificateContext ownContext;
    private byte[]? peer;
    private volatile bool metAnother;

    public MutualTls() => ownContext = SslStreamCertificateContext.Create(own, additionalCertificates: null, offline: true);

    /// <summary>This side's certificate as DER.</summary>
    public byte[] Certificate => own.RawData;

    public string CertificatePem => own.ExportCertificatePem();

    /// <summary>Somebody showed a certificate that is not the trusted one.</summary>
    public bool MetAnother => metAnother;

    /// <param name="certificate">DER of the one certificate to trust; until then nobody is trusted.</param>
    /// <exception cref="CryptographicException">It is not a certificate.</exception>
    public void Trust(ReadOnlySpan<byte> certificate)
    {
        using var parsed = X509CertificateLoader.LoadCertificate(certificate);
        peer = parsed.RawData;
    }

    /// <summary>For the side that dials.</summary>
    public SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = ServerName,
        ClientCertificateContext = ownContext,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = Http2,
        AllowTlsResume = false,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = IsPeer,
    };

    /// <summary>For the side that listens.</summary>
    public SslServerAuthenticationOptions ServerOptions() => new()
    {
        ServerCertificateContext = ownContext,
        ClientCertificateRequired = true,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = Http2,
        AllowTlsResume = false,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = IsPeer,
    };

    public void Dispose() => own.Dispose();

    // The chain of a self-signed certificate always has errors. That its key is there is proven by the handshake.
    private bool IsPeer(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || peer is null)
            return false;
        if (certificate.GetRawCertData().AsSpan().SequenceEqual(peer))
            return true;
        metAnother = true;
        return false;
    }

    // A certificate may name a URL of its issuer; nobody is to be asked on behalf of an unknown peer.
    private static X509ChainPolicy ChainPolicy() => new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };

    // Serves as client and as server certificate, and as its own authority: so Go's verification wants it. go-plugin's own
    // curve is P-521, which costs more at every handshake; both sides take either.
    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ServerName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ServerName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], critical: false));
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now - ClockSkew, now + Validity);
    }
}
