using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

public static class GrpcSetup
{
    /// <summary>One message, as a page of objects; more is sent as several.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // A peer that stopped without closing its connection is noticed within their sum, while calls are open.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A gRPC client of another service: <c>http://_grpc.{service}</c> with the internal secret. No deadline of its own, for streams;
    /// callers of unary methods pass one. Read a refusal with <see cref="ProblemException.FromRpc"/>, or let it pass through.
    /// </summary>
    public static IHttpClientBuilder AddInternalGrpcClient<TClient>(this IHostApplicationBuilder builder, string service)
        where TClient : class =>
        builder.Services
            .AddGrpcClient<TClient>(options => options.Address = new Uri($"http://_grpc.{service}"))
            .ConfigureChannel(channel =>
            {
                channel.MaxReceiveMessageSize = MaxMessageBytes;
                channel.MaxSendMessageSize = MaxMessageBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                EnableMultipleHttp2Connections = true,
                ConnectTimeout = ConnectTimeout,
                KeepAlivePingDelay = PingDelay,
                KeepAlivePingTimeout = PingTimeout,
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            })
            .AddHttpMessageHandler<InternalSecretHandler>();

    /// <summary>
    /// For a service with gRPC services of its own, instead of AddGrpc: also the service <c>grpc.health.v1.Health</c>, whose empty name
    /// says what <c>/health</c> does.
    /// </summary>
    public static void AddGrpcServer(this IHostApplicationBuilder builder, Action<GrpcServiceOptions>? configure = null)
    {
        builder.Services.AddGrpc(configure ?? (_ => { }));
        builder.Services.AddGrpcHealthChecks();
        builder.Services.AddSingleton<GrpcServer>();
    }

    internal static void MapGrpcHealth(WebApplication app)
    {
        if (app.Services.GetService<GrpcServer>() is not null)
            app.MapGrpcHealthChecksService();
    }

    /// <summary>The limits and interceptors of AddGrpc, wherever it is called.</summary>
    internal static void AddGrpcDefaults(this IServiceCollection services) =>
        services.Configure<GrpcServiceOptions>(options =>
        {
            options.MaxReceiveMessageSize = MaxMessageBytes;
            options.MaxSendMessageSize = MaxMessageBytes;
            options.Interceptors.Add<ProblemInterceptor>();
        });

    /// <summary>Registered where the service serves gRPC.</summary>
    private sealed class GrpcServer;
}
