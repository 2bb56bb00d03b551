using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Platform.Installer.Tests;

/// <summary>A real HTTP server on loopback that answers every request by one function, and keeps what it was asked.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<HttpRequestSeen> _requests = [];

    public sealed record HttpRequestSeen(string Path, string? Range, string? IfRange);

    private FileServer(WebApplication app, string scheme)
    {
        _app = app;
        Address = scheme + app.Urls.Single()[(app.Urls.Single().IndexOf(':', StringComparison.Ordinal))..];
    }

    /// <summary>Without a slash at the end.</summary>
    public string Address { get; }

    public IReadOnlyList<HttpRequestSeen> Requests
    {
        get { lock (_requests) return [.. _requests]; }
    }

    public static async Task<FileServer> StartAsync(RequestDelegate answer, X509Certificate2? certificate = null)
    {
        // Empty, since the Installer's settings, which lie beside this program, name its ports.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (certificate is not null) listen.UseHttps(certificate);
            });
        });
        var app = builder.Build();
        FileServer? server = null;
        app.Run(context =>
        {
            var headers = context.Request.Headers;
            lock (server!._requests) server._requests.Add(new(context.Request.Path, headers.Range.FirstOrDefault(), headers.IfRange.FirstOrDefault()));
            return answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server = new FileServer(app, certificate is null ? "http" : "https");
    }

    /// <summary>Serves the same bytes whatever is asked.</summary>
    public static Task<FileServer> OfAsync(byte[] content) => StartAsync(async context =>
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    });

    public static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var bare = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        // Kestrel wants the key as a file would hold it.
        return X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
