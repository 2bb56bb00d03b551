using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Core.Internal;
using Grpc.Net.Internal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

// One request delegate per method: the four call shapes around the same beginning and end.
internal sealed class CallDispatcher<TService>(GrpcServiceOptions options, ILogger logger)
    where TService : class
{
    private readonly KnownEncodings encodings = Encodings(options);

    public RequestDelegate Unary<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, TRequest, ServerCallContext, Task<TResponse>> implementation)
        where TRequest : class
        where TResponse : class
    {
        UnaryServerMethod<TRequest, TResponse> handler = async (request, context) =>
        {
            await using var service = CallInstance<TService>.Create(context.GetHttpContext().RequestServices);
            return await implementation(service.Instance, request, context);
        };
        foreach (var registration in options.Interceptors.Reverse())
        {
            var next = handler;
            handler = async (request, context) =>
            {
                await using var interceptor = CallInstance<Interceptor>.Create(context.GetHttpContext().RequestServices, registration);
                return await interceptor.Instance.UnaryServerHandler(request, context, next);
            };
        }

        return http => HandleAsync(http, method, async call =>
        {
            var request = await call.ReadOnlyAsync(method.RequestMarshaller);
            await call.WriteOnlyAsync(await handler(request, call), method.ResponseMarshaller);
        });
    }

    public RequestDelegate ClientStreaming<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>> implementation)
        where TRequest : class
        where TResponse : class
    {
        ClientStreamingServerMethod<TRequest, TResponse> handler = async (requests, context) =>
        {
            await using var service = CallInstance<TService>.Create(context.GetHttpContext().RequestServices);
            return await implementation(service.Instance, requests, context);
        };
        foreach (var registration in options.Interceptors.Reverse())
        {
            var next = handler;
            handler = async (requests, context) =>
            {
                await using var interceptor = CallInstance<Interceptor>.Create(context.GetHttpContext().RequestServices, registration);
                return await interceptor.Instance.ClientStreamingServerHandler(requests, context, next);
            };
        }

        return http => HandleAsync(http, method, async call =>
            await call.WriteOnlyAsync(await handler(new RequestReader<TRequest>(call, method.RequestMarshaller), call), method.ResponseMarshaller));
    }

    public RequestDelegate ServerStreaming<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> implementation)
        where TRequest : class
        where TResponse : class
    {
        ServerStreamingServerMethod<TRequest, TResponse> handler = async (request, responses, context) =>
        {
            await using var service = CallInstance<TService>.Create(context.GetHttpContext().RequestServices);
            await implementation(service.Instance, request, responses, context);
        };
        foreach (var registration in options.Interceptors.Reverse())
        {
            var next = handler;
            handler = async (request, responses, context) =>
            {
                await using var interceptor = CallInstance<Interceptor>.Create(context.GetHttpContext().RequestServices, registration);
                await interceptor.Instance.ServerStreamingServerHandler(request, responses, context, next);
            };
        }

        return http => HandleAsync(http, method, async call =>
        {
            var request = await call.ReadOnlyAsync(method.RequestMarshaller);
            await handler(request, new ResponseWriter<TResponse>(call, method.ResponseMarshaller), call);
        });
    }

    public RequestDelegate DuplexStreaming<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> implementation)
        where TRequest : class
        where TResponse : class
    {
        DuplexStreamingServerMethod<TRequest, TResponse> handler = async (requests, responses, context) =>
        {
            await using var service = CallInstance<TService>.Create(context.GetHttpContext().RequestServices);
            await implementation(service.Instance, requests, responses, context);
        };
        foreach (var registration in options.Interceptors.Reverse())
        {
            var next = handler;
            handler = async (requests, responses, context) =>
            {
                await using var interceptor = CallInstance<Interceptor>.Create(context.GetHttpContext().RequestServices, registration);
                await interceptor.Instance.DuplexStreamingServerHandler(requests, responses, context, next);
            };
        }

        return http => HandleAsync(http, method, call =>
            handler(new RequestReader<TRequest>(call, method.RequestMarshaller), new ResponseWriter<TResponse>(call, method.ResponseMarshaller), call));
    }

    private async Task HandleAsync(HttpContext http, IMethod method, Func<HttpServerCallContext, Task> handle)
    {
        if (Refuse(http) is { } refusal)
        {
            http.Response.StatusCode = refusal;
            return;
        }

        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
            LetTheRequestStream(http.Features);

        var call = new HttpServerCallContext(http, method, options, encodings, logger);
        try
        {
            call.Start();
            await handle(call);
            await call.EndAsync();
        }
        catch (Exception exception)
        {
            await call.EndAsync(exception);
        }
        finally
        {
            call.Stop();
        }

        // Not for one request: whoever stands around the call hears of its status before the client does.
        if (method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
            await call.LetTheClientEndAsync();
    }

    private static KnownEncodings Encodings(GrpcServiceOptions options)
    {
        var known = KnownEncodings.Of(options.CompressionProviders);
        return options.ResponseCompressionAlgorithm is not { } algorithm || known.TryFind(algorithm, out _)
            ? known
            : throw new InvalidOperationException($"The configured response compression algorithm '{algorithm}' does not have a matching compression provider.");
    }

    private static int? Refuse(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            http.Response.Headers.Upgrade = HttpProtocol.Http2;
            return StatusCodes.Status426UpgradeRequired;
        }

        return WireFormat.IsGrpc(http.Request.ContentType) ? null : StatusCodes.Status415UnsupportedMediaType;
    }

    // A stream may rest for hours and grow without end; each message has its own limit.
    private static void LetTheRequestStream(IFeatureCollection features)
    {
        if (features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;

        if (features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}
