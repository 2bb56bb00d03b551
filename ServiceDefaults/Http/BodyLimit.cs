using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Platform.ServiceDefaults;

/// <summary>Bounds what a request may make a service hold in memory.</summary>
internal static class BodyLimit
{
    /// <summary>Connection options of 256 KiB, escaped as badly as JSON allows, fit.</summary>
    public const long Bytes = 2 * 1024 * 1024;

    /// <summary>gRPC streams last as long as a run; their messages have a limit of their own.</summary>
    public static Task LiftForGrpcAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true)
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = null;
            if (context.Features.Get<Microsoft.AspNetCore.Server.Kestrel.Core.Features.IHttpMinRequestBodyDataRateFeature>() is { } rate)
                rate.MinDataRate = null;
        }
        return next(context);
    }
}
