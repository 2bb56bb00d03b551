using System.Security.Cryptography;
using System.Text;

namespace Platform.Gateway.Tokens;

/// <summary>
/// The text of an API token: <c>cpt_</c>, 32 base32 characters that carry 160 random bits, and a checksum of 6 more.
/// The checksum tells a mistyped or cut-off token from one that is unknown, without a look at the database.
/// </summary>
internal static class TokenText
{
    public const string Prefix = "cpt_";
    private const int RandomBytes = 20;
    private const int BodyLength = RandomBytes * 8 / 5;
    private const int ChecksumLength = 6;

    // Crockford's digits in lower case: no i, l, o or u, which people mistake for others.
    private const string Digits = "0123456789abcdefghjkmnpqrstvwxyz";

    public static string Create()
    {
        var body = Encode(RandomNumberGenerator.GetBytes(RandomBytes));
        return Prefix + body + Checksum(body);
    }

    public static bool IsWellFormed(string text)
    {
        if (text.Length != Prefix.Length + BodyLength + ChecksumLength || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var body = text.Substring(Prefix.Length, BodyLength);
        return text.EndsWith(Checksum(body), StringComparison.Ordinal) && body.All(Digits.Contains);
    }

    /// <summary>What is stored instead of the token. Plain SHA-256 is enough: 160 random bits can't be guessed.</summary>
    public static byte[] Hash(string text) => SHA256.HashData(Encoding.ASCII.GetBytes(text));

    private static string Checksum(string body) => Encode(SHA256.HashData(Encoding.UTF8.GetBytes(Prefix + body)).AsSpan(0, 5))[..ChecksumLength];

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length * 8 / 5);
        var bits = 0;
        var pending = 0;
        foreach (var value in bytes)
        {
            pending = (pending << 8) | value;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Digits[(pending >> (bits - 5)) & 31]);
            pending &= (1 << bits) - 1;
        }

        return text.ToString();
    }
}
