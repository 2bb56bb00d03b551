using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;

namespace Platform.Gateway.Webhooks;

/// <summary>Secrets and signatures as the Standard Webhooks specification has them: <c>whsec_</c> and base64; <c>v1,</c> and base64 of HMAC-SHA256.</summary>
internal sealed class WebhookSecret(IDataProtectionProvider protection)
{
    public const string Prefix = "whsec_";
    private const int MadeBytes = 32;
    private const int LeastBytes = 24;
    private const int MostBytes = 64;

    private readonly IDataProtector protector = protection.CreateProtector("webhook secrets");

    public static string Create() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(MadeBytes));

    /// <summary>24 to 64 bytes behind the prefix.</summary>
    public static bool IsWellFormed(string text)
    {
        Span<byte> bytes = stackalloc byte[MostBytes + 3];
        return text.StartsWith(Prefix, StringComparison.Ordinal) && Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length) && length is >= LeastBytes and <= MostBytes;
    }

    public string Protect(string secret) => protector.Protect(secret);

    /// <param name="protectedSecrets">One, or two while the secret is being changed.</param>
    /// <returns>The header webhook-signature.</returns>
    public string Sign(IEnumerable<string> protectedSecrets, string id, long timestamp, byte[] body)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.")), .. body];
        return string.Join(' ', protectedSecrets.Select(secret =>
            "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(protector.Unprotect(secret)[Prefix.Length..]), signed))));
    }
}
