namespace Platform.Installer.Sources;

/// <summary>A URL to download from, as it may be shown: its query may hold a token.</summary>
internal sealed record HttpUrl(Uri Uri)
{
    public string Shown => Show(Uri);

    /// <summary>The last segment of the path; null when it is none that a file can have.</summary>
    public string? FileName
    {
        get
        {
            var name = Uri.UnescapeDataString(Uri.AbsolutePath[(Uri.AbsolutePath.LastIndexOf('/') + 1)..]);
            return name is "" or "." or ".." || name.Contains('/') || name.Contains('\\') || name.Any(char.IsControl) ? null : name;
        }
    }

    public bool IsPage => FileName is { } name && (name.EndsWith(".html", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".htm", StringComparison.OrdinalIgnoreCase));

    public static string Show(Uri uri) => uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    public static HttpUrl Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) throw Errors.BadHttpUrl("it is not an absolute URL");
        if (uri.Scheme is not ("http" or "https")) throw Errors.BadHttpUrl($"'{uri.Scheme}' is not one of http and https");
        if (uri.UserInfo.Length > 0) throw Errors.BadHttpUrl("it holds a user name or password");
        return new HttpUrl(uri);
    }
}
