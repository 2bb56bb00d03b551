using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Platform.ServiceDefaults;

/// <summary>The framework's words on a request that does not fit its route's parameters, in the API's: they name types of C#.</summary>
internal static partial class BindingFailure
{
    public static Problem From(BadHttpRequestException exception, HttpContext? context)
    {
        if (NoBody().IsMatch(exception.Message))
            return new("malformed_json", 400, "The body is not the JSON that is expected here", "There is no body.", "Send a JSON object; its members are in /openapi.json.");
        if (Parameter().Match(exception.Message) is { Success: true } match)
        {
            var name = Name(match.Groups["name"].Value, context);
            var isMissing = match.Groups["missing"].Success;
            return new(
                "bad_request", exception.StatusCode, "The request is not valid", isMissing ? $"The parameter {name} is missing." : $"The parameter {name} can't be read.",
                "Its type is in /openapi.json.", [new(name, isMissing ? "required" : "unreadable", isMissing ? "It is required." : "It is not of the parameter's type.")]);
        }
        return new("bad_request", exception.StatusCode, "The request is not valid", exception.Message, "Correct the request: /openapi.json describes the routes.");
    }

    // The name in C# need not be the one in the query.
    private static string Name(string parameter, HttpContext? context) =>
        context?.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>().FirstOrDefault(p => p.Name == parameter)?.ParameterInfo
            .GetCustomAttributes(inherit: true).OfType<IFromQueryMetadata>().FirstOrDefault()?.Name ?? parameter;

    [GeneratedRegex("^(Implicit body inferred for parameter|Required parameter \".+\" was not provided from body)")]
    private static partial Regex NoBody();

    [GeneratedRegex("^(Failed to bind parameter|(?<missing>Required parameter)) \"(?:.+ )?(?<name>\\w+)\" (from|was not provided)")]
    private static partial Regex Parameter();
}
