using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>Arguments that are headers. What could be taken for the end of one is refused, and so are headers that say how a request is carried.</summary>
internal static partial class HttpHeaders
{
    private static readonly HashSet<string> OfTransport = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE", "Trailer", "Expect",
    };

    /// <exception cref="RunFaultException"><c>bad_definition</c>.</exception>
    public static IReadOnlyList<(string Name, string Value)> Of(OmsAction action, JsonObject arguments, List<FieldViolation> violations)
    {
        foreach (var argument in action.Arguments.Where(a => a.In == OmsIn.Header))
        {
            if (OfTransport.Contains(argument.Name))
                throw OmsFaults.BadDefinition(action.Name, $"the header {argument.Name} is the platform's to set; for the type of the body there is http.contentType");
            if (!Token().IsMatch(argument.Name))
                throw OmsFaults.BadDefinition(action.Name, $"{OmsFaults.Shown(argument.Name)} is no name of a header");
        }

        List<(string, string)> headers = [];
        foreach (var (argument, value) in ArgumentText.Given(action, arguments, OmsIn.Header))
        {
            // A list in one line, as headers with several values are.
            var text = string.Join(", ", ArgumentText.Several(value));
            if (text.Any(c => char.IsControl(c) && c != '\t'))
                violations.Add(new(argument.Name, "The field is sent as a header, so that it must not have line breaks or other control characters."));
            else
                headers.Add((argument.Name, text));
        }

        return headers;
    }

    [GeneratedRegex(@"^[A-Za-z0-9!#$%&'*+\-.^_`|~]+\z")]
    private static partial Regex Token();
}
