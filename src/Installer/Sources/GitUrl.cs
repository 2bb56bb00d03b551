using System.Text.RegularExpressions;

namespace Platform.Installer.Sources;

/// <summary>A git URL taken apart, so that nothing in it reaches git or ssh as an option.</summary>
/// <param name="Scheme">https, ssh or file: also the one protocol that git is allowed.</param>
/// <param name="Secret">User and password of the URL as written; never shown. Null without.</param>
internal sealed partial record GitUrl(string Scheme, string Host, int Port, string Path, string Text, string? Secret)
{
    /// <summary>The URL fit for logs.</summary>
    public string Shown => Hide(Text);

    /// <summary>Takes credentials out of a text of git's.</summary>
    public string Hide(string text) => Secret is null ? text : text.Replace(Secret, "***", StringComparison.Ordinal);

    public static GitUrl Parse(string text)
    {
        if (text.Length == 0 || text.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))) throw Errors.BadGitUrl("it is empty, or has spaces or control characters in it");
        if (text.StartsWith('-')) throw Errors.BadGitUrl("it begins with '-'");
        // user@host:path, git's short form of ssh.
        if (!text.Contains("://", StringComparison.Ordinal) && ShortForm().Match(text) is { Success: true } match)
            text = $"ssh://{match.Groups["user"].Value}{match.Groups["host"].Value}/{match.Groups["path"].Value.TrimStart('/')}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || !text.Contains("://", StringComparison.Ordinal)) throw Errors.BadGitUrl("it is not an absolute URL");
        switch (uri.Scheme)
        {
            case "file":
                if (uri.Host.Length > 0) throw Errors.BadGitUrl("a file URL has no host: write file:///absolute/path");
                return new GitUrl("file", "", 0, Uri.UnescapeDataString(uri.AbsolutePath), text, null);
            case "https" or "ssh":
                var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.DnsSafeHost : uri.IdnHost;
                if (uri.HostNameType != UriHostNameType.IPv6 && !HostName().IsMatch(host)) throw Errors.BadGitUrl("its host is not a host name or address");
                if (!UserInfo().IsMatch(uri.UserInfo)) throw Errors.BadGitUrl("its user name has characters that are not allowed there");
                if (uri.AbsolutePath is "" or "/") throw Errors.BadGitUrl("it has no path to a repository");
                var port = uri.IsDefaultPort || uri.Port < 0 ? (uri.Scheme == "https" ? 443 : 22) : uri.Port;
                var secret = uri.UserInfo.Contains(':') || uri is { Scheme: "https", UserInfo.Length: > 0 } ? uri.UserInfo : null;
                return new GitUrl(uri.Scheme, host, port, uri.AbsolutePath, text, secret);
            default:
                throw Errors.BadGitUrl($"'{uri.Scheme}' is not one of https, ssh and file");
        }
    }

    [GeneratedRegex(@"^(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*@)(?<host>[A-Za-z0-9][A-Za-z0-9.-]*):(?<path>[^:].*)$")]
    private static partial Regex ShortForm();

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]
    private static partial Regex HostName();

    [GeneratedRegex(@"^([A-Za-z0-9_.~%][A-Za-z0-9_.~%:+=!$&'()*,;-]*)?$")]
    private static partial Regex UserInfo();
}
