using Platform.Gateway.Routing;
using Platform.Gateway.Tokens;
using Yarp.ReverseProxy.Model;

namespace Platform.Gateway.Limits;

/// <summary>Lets a request through when its token has requests left and there is a place for it. Open pages have no token and cost little.</summary>
internal sealed class LimitsMiddleware(RequestDelegate next, RequestLimits limits)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<ApiToken>() is not { } token)
        {
            await next(context);
            return;
        }
        limits.Count(token);
        using var place = IsLong(context.GetEndpoint()) ? limits.EnterStream(token) : await limits.EnterAsync(context.RequestAborted);
        await next(context);
    }

    private static bool IsLong(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<LongRequest>() is not null || endpoint?.Metadata.GetMetadata<RouteModel>() is { Config.ClusterId: { } cluster } && Routes.IsStream(cluster);
}

/// <summary>Endpoint metadata: it is a stream, or waits for something to happen, and so holds no place among the short requests.</summary>
internal sealed record LongRequest;
