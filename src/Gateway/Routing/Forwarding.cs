using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Console;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Platform.Gateway.Routing;

/// <summary>What changes on the way to a service, and what the caller hears when the way is broken.</summary>
internal static class Forwarding
{
    /// <summary>In bytes: connection options of 256 KiB fit, however their JSON is escaped.</summary>
    public const long BodyLimit = 2 * 1024 * 1024;

    private const string InternalPrefix = "X-Platform-";

    /// <summary>Streams of events don't end by themselves; the services behind wait with their own end for this one's.</summary>
    private static readonly TimeSpan StreamsEndWithin = TimeSpan.FromSeconds(3);

    public static void AddForwarding(this IServiceCollection services) =>
        services.Configure<HostOptions>(host => host.ShutdownTimeout = StreamsEndWithin)
            .AddReverseProxy()
            .LoadFromMemory([.. Routes.All, .. ConsoleStreams.Routes], Routes.Clusters)
            .AddTransforms(transforms => transforms.AddRequestTransform(ToService))
            .Services.AddSingleton<Yarp.ReverseProxy.ServiceDiscovery.IDestinationResolver, ServiceAddresses>();

    public static void MapForwarding(this WebApplication app) =>
        app.MapReverseProxy(proxy => proxy.UseLoadBalancing().Use(async (context, next) =>
        {
            // Whatever the content type says: only services among themselves speak gRPC, with its longer bodies.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = BodyLimit;
            if (context.Request.ContentLength > BodyLimit) throw Errors.BodyTooLarge(BodyLimit);
            await next(context);
            if (context.GetForwarderErrorFeature() is { } error && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                context.Response.Clear();
                throw Explain(Routes.ServiceOf(context.GetReverseProxyFeature().Cluster.Config.ClusterId), error);
            }
        }));

    /// <summary>The services trust these headers, so nothing of the kind passes from outside; the token itself goes no further.</summary>
    private static ValueTask ToService(RequestTransformContext transform)
    {
        var headers = transform.ProxyRequest.Headers;
        foreach (var name in headers.NonValidated.Select(header => header.Key).Where(IsInternal).ToList()) headers.Remove(name);
        headers.Remove("Authorization");
        headers.Remove("Cookie");

        var services = transform.HttpContext.RequestServices;
        var token = transform.HttpContext.Features.GetRequiredFeature<ApiToken>();
        headers.TryAddWithoutValidation(InternalSecret.Header, services.GetRequiredService<InternalSecret>().Value);
        headers.TryAddWithoutValidation(Scopes.ActorHeader, token.Name);
        headers.TryAddWithoutValidation(Scopes.Header, string.Join(' ', token.Scopes));
        return ValueTask.CompletedTask;
    }

    private static bool IsInternal(string name) =>
        name.StartsWith(InternalPrefix, StringComparison.OrdinalIgnoreCase) ||
        // Some servers read an underscore as a hyphen.
        name.Replace('_', '-').StartsWith(InternalPrefix, StringComparison.OrdinalIgnoreCase);

    private static ProblemException Explain(string service, IForwarderErrorFeature error) => error.Error switch
    {
        _ when error.Exception is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge(BodyLimit),
        _ when error.Exception?.InnerException is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge(BodyLimit),
        ForwarderError.NoAvailableDestinations => Errors.ServiceUnavailable(service, StatusCodes.Status503ServiceUnavailable, "is not running"),
        ForwarderError.RequestTimedOut => Errors.ServiceUnavailable(service, StatusCodes.Status504GatewayTimeout, "did not answer in time"),
        ForwarderError.RequestBodyClient => Errors.BadBody(),
        _ => Errors.ServiceUnavailable(service, StatusCodes.Status502BadGateway, "can't be reached"),
    };
}
