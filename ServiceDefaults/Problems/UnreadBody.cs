using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;

namespace Platform.ServiceDefaults;

/// <summary>
/// A body of a type that its route does not read. Routing itself says so only where nothing else could answer; a route for whatever is left, such as gRPC's
/// for unknown methods, makes an unknown route of it.
/// </summary>
public static class UnreadBody
{
    internal static readonly Problem Problem = new(
        "unsupported_media_type", 415, "The content type is not supported", "The body is not of a type that this route reads.",
        "Send Content-Type: application/json.");

    /// <returns>Null: no route with this path and method reads another type either.</returns>
    public static ProblemException? Of(HttpContext context)
    {
        if (context.Request.ContentType is null) return null;
        return context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Any(IsMeant) ? new(Problem) : null;

        bool IsMeant(RouteEndpoint endpoint) =>
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains(context.Request.Method) == true
            && endpoint.Metadata.GetMetadata<IAcceptsMetadata>() is { ContentTypes.Count: > 0 }
            && endpoint.RoutePattern.RawText is { } pattern
            && new TemplateMatcher(TemplateParser.Parse(pattern.TrimStart('/')), []).TryMatch(context.Request.Path, []);
    }
}
