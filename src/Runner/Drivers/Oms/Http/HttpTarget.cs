using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>Where a request goes: path and query arguments put into their places, escaped as RFC 3986 says.</summary>
internal static partial class HttpTarget
{
    /// <param name="own">Where the service is; null for an action with a URL.</param>
    /// <exception cref="RunFaultException"><c>bad_definition</c>.</exception>
    public static Uri Of(OmsAction action, OmsHttp http, JsonObject arguments, Uri? own, List<FieldViolation> violations)
    {
        var (authority, template) = own is not null ? (own.GetLeftPart(UriPartial.Authority), http.Path) : Split(action, http.Url ?? "");
        foreach (var argument in action.Arguments.Where(a => a.In == OmsIn.Path && !template.Contains($"{{{a.Name}}}", StringComparison.Ordinal)))
            throw OmsFaults.BadDefinition(action.Name, $"its argument {argument.Name} belongs into the path, where there is no {{{argument.Name}}}");

        var path = string.Join('/', template.Split('/').Select(segment => Segment(action, segment, arguments, violations)));
        var query = string.Join('&', ArgumentText.Given(action, arguments, OmsIn.Query)
            .SelectMany(given => ArgumentText.Several(given.Value).Select(text => $"{Uri.EscapeDataString(given.Argument.Name)}={Uri.EscapeDataString(text)}")));
        if (query.Length > 0)
            path += (path.Contains('?') ? '&' : '?') + query;
        // As it is, byte for byte: otherwise escaped dots and slashes would be made plain.
        return Uri.TryCreate(authority + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var target) && target.UserInfo == ""
            ? target : throw OmsFaults.BadDefinition(action.Name, $"its address {authority} is none");
    }

    private static string Segment(OmsAction action, string segment, JsonObject arguments, List<FieldViolation> violations)
    {
        string? last = null;
        var end = 0;
        var made = "";
        foreach (Match match in Placeholder().Matches(segment))
        {
            last = match.Groups[1].Value;
            made += Literal(segment[end..match.Index]);
            end = match.Index + match.Length;
            if (!action.Arguments.Any(a => a.Name == last && a.In == OmsIn.Path))
                throw OmsFaults.BadDefinition(action.Name, $"there is no argument for {{{last}}} in its path");
            if (arguments[last] is { } value)
                made += string.Join(',', ArgumentText.Several(value).Select(Uri.EscapeDataString));
            else
                violations.Add(new(last, "The field is required, as it is a part of the path."));
        }

        made += Literal(segment[end..]);
        // Servers take these for steps in the path, escaped or not.
        if (last is not null && made is "." or "..")
            violations.Add(new(last!, "The field must not make a part of the path '.' or '..'."));
        return made;
    }

    private static (string Authority, string Path) Split(OmsAction action, string url) =>
        Absolute().Match(url) is { Success: true } match ? (match.Value, url.Length == match.Length ? "/" : url[match.Length..])
        : throw OmsFaults.BadDefinition(action.Name, "its url is not absolute, or not http or https, or has an argument in its host");

    private static string Literal(string text) => Unsafe().Replace(text, match => Uri.EscapeDataString(match.Value));

    [GeneratedRegex(@"\{([^{}]+)\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex("^https?://[^/?#{}]+(?=[/?#]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Absolute();

    // All but what RFC 3986 allows in a path and a query, and what is escaped already.
    [GeneratedRegex(@"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+|%(?![0-9A-Fa-f]{2})")]
    private static partial Regex Unsafe();
}
