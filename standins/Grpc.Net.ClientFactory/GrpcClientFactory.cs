using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory;

public abstract class GrpcClientFactory
{
    public abstract TClient CreateClient<TClient>(string name)
        where TClient : class;
}

// Clients are cheap and made each time; the channel below them is one per name and lives as long as the container.
internal sealed class ChannelPerName(
    IServiceProvider services,
    IHttpMessageHandlerFactory handlers,
    IOptionsMonitor<GrpcClientFactoryOptions> options,
    ILoggerFactory loggers) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<(GrpcChannel Channel, CallInvoker Invoker)>> channels = new();

    public CallInvoker Invoker(string name) => channels.GetOrAdd(name, key => new(() => Create(key))).Value.Invoker;

    public void Dispose()
    {
        foreach (var channel in channels.Values.Where(channel => channel.IsValueCreated))
            channel.Value.Channel.Dispose();
    }

    public static CallInvoker Intercept(CallInvoker invoker, GrpcClientFactoryOptions settings, InterceptorScope scope, IServiceProvider provider) =>
        invoker.Intercept([.. settings.InterceptorRegistrations.Where(registration => registration.Scope == scope).Select(registration => registration.Creator(provider))]);

    private (GrpcChannel Channel, CallInvoker Invoker) Create(string name)
    {
        var settings = options.Get(name);
        var address = settings.Address ?? throw new InvalidOperationException(
            $"Could not resolve the address for gRPC client '{name}'. Set an address when registering the client: services.AddGrpcClient<{name}>(o => o.Address = new Uri(...)).");
        var channelOptions = new GrpcChannelOptions { HttpHandler = handlers.CreateHandler(name), LoggerFactory = loggers };
        foreach (var configure in settings.ChannelOptionsActions)
            configure(channelOptions);

        if (settings.CallCredentials.Count > 0 && address.Scheme != Uri.UriSchemeHttps && !channelOptions.UnsafeUseInsecureChannelCallCredentials)
        {
            throw new InvalidOperationException(
                $"Call credential configured for gRPC client '{name}' requires TLS, and the client isn't configured to use TLS. "
                + $"Give it an https address, or set {nameof(GrpcChannelOptions.UnsafeUseInsecureChannelCallCredentials)} of its channel.");
        }

        var channel = GrpcChannel.ForAddress(address, channelOptions);
        return (channel, Intercept(channel.CreateCallInvoker(), settings, InterceptorScope.Channel, services));
    }
}

internal sealed class DefaultClientFactory(IServiceProvider services, ChannelPerName channels, IOptionsMonitor<GrpcClientFactoryOptions> options) : GrpcClientFactory
{
    public override TClient CreateClient<TClient>(string name)
    {
        var settings = options.Get(name);
        var invoker = channels.Invoker(name);
        if (settings.CallCredentials.Count > 0)
            invoker = invoker.Intercept(new CallCredentialsInterceptor([.. settings.CallCredentials.Select(create => create(services))]));

        invoker = ChannelPerName.Intercept(invoker, settings, InterceptorScope.Client, services);
        return ActivatorUtilities.CreateInstance<TClient>(services, invoker);
    }
}
