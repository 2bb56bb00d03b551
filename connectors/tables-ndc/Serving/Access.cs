using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Platform.Connectors.Tables.Serving;

/// <summary>Who may ask, and in which version of the protocol.</summary>
internal sealed class Access(string? secret)
{
    private const string VersionHeader = "X-Hasura-NDC-Version";

    private readonly byte[]? expected = secret is null ? null : Encoding.UTF8.GetBytes($"Bearer {secret}");

    /// <exception cref="Problem">401.</exception>
    public void Authorize(HttpRequest request)
    {
        // Without a secret nobody is asked for one, and one that comes all the same does no harm.
        if (expected is not null && !CryptographicOperations.FixedTimeEquals(expected, Encoding.UTF8.GetBytes(request.Headers.Authorization.ToString())))
            throw new Problem(401, "unauthorized", "The header Authorization must be Bearer and the secret that this connector was started with.");
    }

    /// <summary>A client that needs version V is content with what <c>^V</c> means: 0.2 here, and no later patch than ours.</summary>
    /// <exception cref="Problem">400.</exception>
    public static void CheckVersion(HttpRequest request)
    {
        if (request.Headers[VersionHeader].ToString() is not { Length: > 0 } text)
            return;
        // A pre-release or build part, as in 0.2.0-rc.1, says nothing that matters here.
        if (!Version.TryParse(text.Split('-', '+')[0], out var asked) || asked.Build < 0 || asked.Revision >= 0)
            throw new Problem(400, "bad_version", $"{VersionHeader} must be a version such as 0.2.0, not {text}.");
        var ours = CapabilitiesAnswer.Version;
        if (asked.Major != ours.Major || asked.Minor != ours.Minor || asked.Build > ours.Build)
            throw new Problem(400, "version_not_supported", $"{VersionHeader} asks for {text}, and this connector speaks {ours}.");
    }
}
