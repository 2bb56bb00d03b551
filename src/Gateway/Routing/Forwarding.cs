using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Platform.Gateway.Console;
using Platform.Gateway.Limits;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;

namespace Platform.Gateway.Routing;

/// <summary>What changes on the way to a service, and what the caller hears when the way is broken.</summary>
internal static class Forwarding
{
    private const string InternalPrefix = "X-Platform-";

    /// <summary>Streams of events don't end by themselves; the services behind wait with their own end for this one's.</summary>
    private static readonly TimeSpan StreamsEndWithin = TimeSpan.FromSeconds(3);

    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        var limits = builder.Configuration.GetSection(LimitSettings.Section).Get<LimitSettings>() ?? new();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StreamsEndWithin)
            .AddReverseProxy()
            .LoadFromMemory([.. Routes.All, .. ConsoleStreams.Routes], Routes.Clusters(TimeSpan.FromSeconds(limits.AnswerSeconds)))
            .AddTransforms(transforms => transforms.AddRequestTransform(ToService))
            .Services.AddSingleton<Yarp.ReverseProxy.ServiceDiscovery.IDestinationResolver, ServiceAddresses>();
    }

    public static void MapForwarding(this WebApplication app)
    {
        var most = app.Services.GetRequiredService<IOptions<LimitSettings>>().Value.BodyBytes;
        app.MapReverseProxy(proxy => proxy.UseLoadBalancing().Use(async (context, next) =>
        {
            // Whatever the content type says: only services among themselves speak gRPC, with its longer bodies.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = most;
            if (context.Request.ContentLength > most) throw Errors.BodyTooLarge(most);
            await next(context);
            if (context.GetForwarderErrorFeature() is { } error && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                context.Response.Clear();
                throw Explain(Routes.ServiceOf(context.GetReverseProxyFeature().Cluster.Config.ClusterId), error, most);
            }
        }));
    }

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

    private static ProblemException Explain(string service, IForwarderErrorFeature error, long most) => error.Error switch
    {
        _ when error.Exception is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge(most),
        _ when error.Exception?.InnerException is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge(most),
        ForwarderError.NoAvailableDestinations => Errors.ServiceUnavailable(service, StatusCodes.Status503ServiceUnavailable, "is not running"),
        ForwarderError.RequestTimedOut => Errors.ServiceUnavailable(service, StatusCodes.Status504GatewayTimeout, "did not answer in time"),
        ForwarderError.RequestBodyClient => Errors.BadBody(),
        _ => Errors.ServiceUnavailable(service, StatusCodes.Status502BadGateway, "can't be reached"),
    };
}
