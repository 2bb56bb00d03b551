using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

// Takes the methods that a service's bind method names, finds each in the service's class by name and parameters, and maps it.
internal sealed class ServiceMethods<TService>(IEndpointRouteBuilder routes) : ServiceBinderBase
    where TService : class
{
    private readonly CallDispatcher<TService> dispatcher = new(
        Options(routes.ServiceProvider),
        routes.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"));

    private readonly List<IEndpointConventionBuilder> endpoints = [];
    private readonly HashSet<string> serviceNames = [];

    public IReadOnlyList<IEndpointConventionBuilder> Endpoints => endpoints;

    public IReadOnlySet<string> ServiceNames => serviceNames;

    public void Bind()
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is not { } attribute)
                continue;

            var bind = attribute.BindType.GetMethod(attribute.BindMethodName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(ServiceBinderBase), type])
                ?? throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}': no static {attribute.BindType.Name}.{attribute.BindMethodName}({nameof(ServiceBinderBase)}, {type.Name}).");
            bind.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [this, null], null);
            return;
        }

        throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}': neither it nor a base class has a [{nameof(BindServiceMethodAttribute)}].");
    }

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Map(method, dispatcher.Unary(method, Implementation<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(method)));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, dispatcher.ClientStreaming(method, Implementation<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(method)));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, dispatcher.ServerStreaming(method, Implementation<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method)));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, dispatcher.DuplexStreaming(method, Implementation<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(method)));

    // An open delegate: its first argument is the service, made anew for every call.
    private static TDelegate Implementation<TDelegate>(IMethod method)
        where TDelegate : Delegate
    {
        var arguments = typeof(TDelegate).GetGenericArguments();
        var implementation = typeof(TService).GetMethod(method.Name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, arguments[1..^1])
            ?? throw new InvalidOperationException($"Error binding gRPC service '{typeof(TService).Name}': it has no method {method.Name}({string.Join(", ", arguments[1..^1].Select(type => type.Name))}).");
        return implementation.CreateDelegate<TDelegate>();
    }

    private static GrpcServiceOptions Options(IServiceProvider services) =>
        services.GetServices<IConfigureOptions<GrpcServiceOptions<TService>>>().Any()
            ? services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value
            : services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;

    private void Map(IMethod method, Microsoft.AspNetCore.Http.RequestDelegate handler)
    {
        serviceNames.Add(method.ServiceName);
        var endpoint = routes.MapPost(method.FullName, handler);
        endpoint.Add(builder =>
        {
            builder.Metadata.Add(new GrpcMethodMetadata(typeof(TService), method));
            builder.DisplayName = "gRPC - " + method.FullName;
            foreach (var attribute in typeof(TService).GetCustomAttributes(inherit: true))
                builder.Metadata.Add(attribute);
        });
        endpoints.Add(endpoint);
    }
}
