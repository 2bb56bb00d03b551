using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Platform.Benchmarks.Loads;

/// <summary>An object of about 285 bytes in its four fields; the same for every contestant. Its id says nothing about its place in the order.</summary>
internal readonly record struct Row(string RemoteId, string Uri, string Metadata)
{
    public const string ResourceName = "document";

    /// <summary>Where the revision stands in <see cref="Metadata"/>, as one digit; counted from 1, as SQL does.</summary>
    public const int RevisionAt = 13;

    // Odd, so that no two numbers meet; its bits are those of the golden ratio, so that neighbours end up far apart.
    private const ulong Scatter = 0x9E37_79B9_7F4A_7C15;

    public static Row Make(int number, int revision)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{unchecked((ulong)(number + 1) * Scatter):x16}{number:x16}");
        return new(
            id,
            $"https://files.example.com/tenants/4711/documents/{id}",
            string.Create(CultureInfo.InvariantCulture, $$"""{"revision":{{revision}},"owner":"owner{{number % 977}}@example.com","size":{{number * 37L}},"modified":"2026-0{{1 + number % 9}}-11T08:{{10 + number % 50}}:00Z","labels":["first","second","third"],"path":"/shelves/{{number % 131}}/folders/{{number % 1009}}"}"""));
    }

    /// <summary>As the column hash has it: 16 bytes of a SHA-256.</summary>
    public byte[] Hash() => SHA256.HashData(Encoding.UTF8.GetBytes(Metadata))[..16];
}
