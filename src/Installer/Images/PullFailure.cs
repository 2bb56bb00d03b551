using System.Text.RegularExpressions;

namespace Platform.Installer.Images;

/// <summary>Why an image was not pulled, in words for who has to do something about it.</summary>
internal static partial class PullFailure
{
    /// <param name="why">The engine's words, such as <c>Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host</c>.</param>
    public static string InWords(string why)
    {
        var registry = Registry().Match(why) is { Success: true } match ? $"the registry {match.Groups["host"].Value}" : "its registry";
        return why switch
        {
            _ when Unnamed().IsMatch(why) => $"{registry} has no address here: the engine is offline, or the name is wrong",
            _ when Unreachable().IsMatch(why) => $"{registry} does not answer",
            _ when Unknown().IsMatch(why) => $"{registry} has no such image, or gives it only to who has signed in",
            _ => why,
        };
    }

    [GeneratedRegex(@"(?:https?://|lookup |dial tcp )(?<host>[^/\s""]+[^/\s"":])")]
    private static partial Regex Registry();

    [GeneratedRegex("no such host|Temporary failure in name resolution|server misbehaving|lookup .*(?:i/o timeout|connection refused|network is unreachable)", RegexOptions.IgnoreCase)]
    private static partial Regex Unnamed();

    [GeneratedRegex("connection refused|i/o timeout|network is unreachable|no route to host|request canceled|TLS handshake timeout|context deadline exceeded", RegexOptions.IgnoreCase)]
    private static partial Regex Unreachable();

    [GeneratedRegex("pull access denied|manifest unknown|repository does not exist|not found: manifest|requested access to the resource is denied", RegexOptions.IgnoreCase)]
    private static partial Regex Unknown();
}
