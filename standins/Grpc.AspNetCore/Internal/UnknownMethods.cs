using Grpc.Core;
using Grpc.Core.Internal;
using Grpc.Net.Internal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Internal;

// Answers calls of methods and services that are not there with UNIMPLEMENTED, once per application.
internal sealed class UnknownMethods
{
    private readonly HashSet<string> services = [];

    public void Map(IEndpointRouteBuilder routes, IReadOnlySet<string> names)
    {
        if (services.Count == 0)
            Map(routes, $"{{service}}/{{method:{GrpcContentTypeConstraint.Name}}}", "Service is unimplemented.");

        foreach (var name in names.Where(services.Add))
            Map(routes, $"{name}/{{method:{GrpcContentTypeConstraint.Name}}}", "Method is unimplemented.");
    }

    private static void Map(IEndpointRouteBuilder routes, string pattern, string detail) =>
        routes.MapPost(pattern, (RequestDelegate)(http =>
        {
            http.Response.ContentType = WireFormat.ContentType;
            http.Response.Headers[WireFormat.StatusHeader] = ((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture);
            http.Response.Headers[WireFormat.MessageHeader] = detail;
            if (CallEvents.Server.IsEnabled())
                CallEvents.Server.CallUnimplemented(http.Request.Path);

            return Task.CompletedTask;
        })).WithDisplayName("gRPC - " + detail);
}

internal sealed class GrpcContentTypeConstraint : IRouteConstraint
{
    public const string Name = "grpcunimplemented";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && WireFormat.IsGrpc(httpContext.Request.ContentType);
}
