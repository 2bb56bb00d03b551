using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Internal;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

public static class GrpcServicesExtensions
{
    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRouting(options => options.ConstraintMap[GrpcContentTypeConstraint.Name] = typeof(GrpcContentTypeConstraint));
        services.AddOptions();
        services.TryAddSingleton<UnknownMethods>();
        return new GrpcServerBuilder(services);
    }

    public static IGrpcServerBuilder AddGrpc(this IServiceCollection services, Action<GrpcServiceOptions> configureOptions)
    {
        services.Configure(configureOptions);
        return services.AddGrpc();
    }

    public static IGrpcServerBuilder AddServiceOptions<TService>(this IGrpcServerBuilder grpcBuilder, Action<GrpcServiceOptions<TService>> configure)
        where TService : class
    {
        grpcBuilder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<GrpcServiceOptions<TService>>, OptionsOfAllServices<TService>>());
        grpcBuilder.Services.Configure(configure);
        return grpcBuilder;
    }

    private sealed class GrpcServerBuilder(IServiceCollection services) : IGrpcServerBuilder
    {
        public IServiceCollection Services => services;
    }

    private sealed class OptionsOfAllServices<TService>(IOptions<GrpcServiceOptions> all) : IConfigureOptions<GrpcServiceOptions<TService>>
        where TService : class
    {
        public void Configure(GrpcServiceOptions<TService> options)
        {
            options.MaxSendMessageSize = all.Value.MaxSendMessageSize;
            options.MaxReceiveMessageSize = all.Value.MaxReceiveMessageSize;
            options.EnableDetailedErrors = all.Value.EnableDetailedErrors;
            options.ResponseCompressionAlgorithm = all.Value.ResponseCompressionAlgorithm;
            options.ResponseCompressionLevel = all.Value.ResponseCompressionLevel;
            options.CompressionProviders = [.. all.Value.CompressionProviders];
            foreach (var interceptor in all.Value.Interceptors)
                options.Interceptors.Add(interceptor);
        }
    }
}
