using Platform.Oms.Yaml;

namespace Platform.Oms.Reading;

/// <summary>Reads the HTTP interface, and the ends that events are subscribed to at.</summary>
internal static class HttpReader
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];

    private static readonly (string Word, string Type)[] ShortTypes =
    [
        ("json", OmsHttp.Json), ("urlencoded", OmsHttp.UrlEncoded), ("form", OmsHttp.UrlEncoded), ("multipart", OmsHttp.Multipart), ("form-data", OmsHttp.Multipart),
        ("octet-stream", OmsHttp.OctetStream), ("binary", OmsHttp.OctetStream),
    ];

    /// <summary>An interface with its arguments, each of which then has its place.</summary>
    public static (OmsHttp? Http, string? Unusable) Read(Section action, Ports ports, List<DeclaredArgument> arguments)
    {
        if (action.Child("http", Vocabulary.Http) is not { } http) return (null, "Its http is no mapping.");
        var (read, unusable) = End(http, ports);
        return read is null ? (null, unusable) : Placement.Apply(action.Findings, read, arguments) is { } reason ? (null, reason) : (read, null);
    }

    /// <param name="port">Where the section names none.</param>
    /// <param name="method">Where the section names none; null: it has to.</param>
    public static (OmsHttp? Http, string? Unusable) End(Section http, Ports ports, int? port = null, string? method = null)
    {
        var contentType = ContentType(http);
        if (http["method"] is null && method is not null) http.Warn(http.At, "missing", "method", $"method is missing; {method.ToLowerInvariant()} is taken.");
        else method = http.Text("method")?.ToUpperInvariant();
        if (method is null) return (null, $"Its http has no method: one of {string.Join(", ", Methods).ToLowerInvariant()}.");
        if (!Methods.Contains(method)) return (null, $"{Section.Short(method)} is no method of the specification: {string.Join(", ", Methods).ToLowerInvariant()}.{Spelling.Hint(method.ToLowerInvariant(), Methods.Select(m => m.ToLowerInvariant()))}");

        if (http.Text("url") is { } url)
        {
            if (http["port"] is not null || http["path"] is not null) return (null, "It has a url, and port or path as well: whether it means its own service or another one is not clear. Leave the one or the other.");
            url = PathTemplate.SingleBraces(http, "url", url);
            return WrongUrl(http, url) is { } wrong ? (null, wrong) : (new OmsHttp(method, null, "", url, contentType), null);
        }

        if (http.Text("path") is not { } path) return (null, "Its http has neither path nor url.");
        if (path.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || path.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return (null, "Its path is a URL. Write url instead of path and port.");
        return ports.Get(http, port) is { } number ? (new OmsHttp(method, number, PathTemplate.Rooted(http, path), null, contentType), null)
            : (null, http["port"] is null ? "Its http has no port." : "The port of its http is none: 1 to 65535.");
    }

    private static string? WrongUrl(Section http, string url)
    {
        // A name in the host would let a caller choose the server.
        if (!Uri.TryCreate(PathTemplate.WithoutNames(url, "x"), UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.Host.Length == 0)
            return "Its url is not an absolute http or https URL.";
        var authority = url.IndexOf("//", StringComparison.Ordinal) + 2;
        var end = url.AsSpan(authority).IndexOfAny("/?#");
        if (PathTemplate.Names(end < 0 ? url : url[..(authority + end)]).Count > 0) return "Its url has a name in braces before the path.";
        if (uri.UserInfo.Length > 0) return "Its url has credentials. Take them as an argument in header.";
        if (uri.Query.Length > 0) http.Warn(http["url"]!, "query_in_url", "url", "A url has no query; name arguments that are in query.");
        return null;
    }

    private static string ContentType(Section http)
    {
        if (http.Text("contentType") is not { } text) return OmsHttp.Json;
        var type = text.Split(';')[0].Trim().ToLowerInvariant();
        if (type is OmsHttp.Json or OmsHttp.UrlEncoded or OmsHttp.Multipart or OmsHttp.OctetStream) return type;
        var meant = ShortTypes.FirstOrDefault(s => s.Word == type).Type ?? (type.EndsWith("+json", StringComparison.Ordinal) ? OmsHttp.Json : null);
        http.Warn(http["contentType"]!, "unknown_content_type", "contentType", $"{Section.Short(text)} is no content type of the specification; {meant ?? OmsHttp.Json} is taken.");
        return meant ?? OmsHttp.Json;
    }
}
