using System.Text.RegularExpressions;

namespace Platform.Registry.Manifests;

/// <summary>The shape of a source's <c>uri</c>. Whether it may be reached is Installer's to say, when it fetches.</summary>
internal static partial class SourceUri
{
    /// <returns>What is wrong, or null.</returns>
    public static string? Fault(string source, string uri) => source switch
    {
        _ when uri.Any(char.IsControl) || uri != uri.Trim() => "The uri must not hold control characters or begin or end with a space.",
        "Local" => Path.IsPathRooted(uri) ? null : "A Local uri is an absolute path, such as /srv/connectors/s3.",
        "HTTP" => Url(uri, "http", "https"),
        "Image" => Image().IsMatch(uri) ? null : "An Image uri is a reference, such as greeter:1.2, registry.example.com:5000/team/greeter@sha256:…, or an id, sha256:….",
        "Server" => Server(uri),
        _ => Vcs(uri),
    };

    private static string? Server(string uri)
    {
        if (Url(uri, "http", "https") is { } fault) return fault;
        return new Uri(uri).PathAndQuery is "/" && !uri.Contains('#') && !uri.Contains('?')
            ? null : "A Server uri is scheme, host and perhaps a port, such as http://greeter.example.com:8080; paths are in the description.";
    }

    private static string? Vcs(string uri)
    {
        // git would take it for an option.
        if (uri.StartsWith('-')) return "The uri must not begin with '-'.";
        if (uri.Contains("://")) return Url(uri, "https", "ssh", "file");
        return Scp().IsMatch(uri) ? null : "A VCS uri is a git URL by https, ssh or file, or has the form user@host:path.";
    }

    /// <summary>The shape of an absolute URL by one of these schemes, without a password.</summary>
    public static string? Url(string uri, params string[] schemes)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var url) || !schemes.Contains(url.Scheme))
            return $"The uri must be an absolute URL by {string.Join(", ", schemes)}.";
        if (url.Scheme == "file")
            return url.Host is "" or "localhost" && url.AbsolutePath.StartsWith('/') ? null : "A file URL has no host: file:///path.";
        if (url.Host == "" || url.Host.StartsWith('-') || url.UserInfo.StartsWith('-')) return "The uri must name a host.";
        // A manifest can be read by everybody who may list connectors.
        if (url.UserInfo.Contains(':') || (url.UserInfo != "" && url.Scheme != "ssh")) return "The uri must not hold a password or token.";
        return null;
    }

    // As in github.com/distribution/reference: a host only where it has a dot or port or is localhost, lower-case path components, a tag, a digest.
    [GeneratedRegex(@"^(?:sha256:[0-9a-f]{64}|(?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?)\z")]
    private static partial Regex Image();

    // Names that are schemes are excluded, since "https:…" is a slip of the pen and "ext::…" starts programs.
    [GeneratedRegex(@"^(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?!(?:https?|ssh|git|file|ftps?|ext|fd):)[A-Za-z0-9][A-Za-z0-9.-]*:(?![-:])\S+\z")]
    private static partial Regex Scp();
}
