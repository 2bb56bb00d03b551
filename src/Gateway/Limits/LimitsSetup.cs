using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Platform.Gateway.Limits;

internal static class LimitsSetup
{
    public static void AddLimits(this IServiceCollection services)
    {
        services.AddOptions<LimitSettings>().BindConfiguration(LimitSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitSettings>>((server, limits) => limits.Value.ApplyTo(server.Limits));
        services.AddSingleton<RequestLimits>();
    }

    /// <summary>This route is a stream, or waits for something to happen.</summary>
    public static TBuilder IsLong<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new LongRequest());
}
