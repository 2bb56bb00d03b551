using System.Security.Cryptography;
using Platform.Contracts;

namespace Platform.Installer.Tests;

/// <summary>A place that downloads from a server of the test's own.</summary>
public abstract class HttpSourceTest
{
    protected static readonly byte[] Program = [.. "#!/bin/sh\n"u8, .. RandomNumberGenerator.GetBytes(1 << 20)];

    private protected static Workplace Place(Action<InstallOptions>? configure = null) => new(options =>
    {
        options.DownloadAttempts = 3;
        options.DownloadBackoff = TimeSpan.FromMilliseconds(10);
        configure?.Invoke(options);
    }, allow: "127.0.0.1");

    private protected static Manifest Http(string uri) => new("demo", null, "HTTP", uri, null, null, "./run");

    private protected static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
