using System.Diagnostics;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults;

/// <summary>Every failure of a gRPC call leaves as a status that carries its problem. HTTP has <see cref="ProblemMiddleware"/>.</summary>
internal sealed partial class ProblemInterceptor(ILogger<ProblemInterceptor> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e)
        {
            throw Answer(e, context);
        }
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(requestStream, context);
        }
        catch (Exception e)
        {
            throw Answer(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e)
        {
            throw Answer(e, context);
        }
    }

    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(requestStream, responseStream, context);
        }
        catch (Exception e)
        {
            throw Answer(e, context);
        }
    }

    private RpcException Answer(Exception exception, ServerCallContext context)
    {
        // Whatever breaks after the caller has left is its leaving.
        if (context.CancellationToken.IsCancellationRequested)
            return new RpcException(new Status(StatusCode.Cancelled, "The caller cancelled the call."));
        var traceId = Activity.Current?.TraceId.ToString();
        if (RequestProblems.From(exception) is { } problem)
            return ProblemException.ToRpc(problem, traceId);
        if (exception is RpcException ownStatus)
            return ownStatus;
        LogUnhandled(context.Method, exception);
        Activity.Current?.AddException(exception);
        return ProblemException.ToRpc(RequestProblems.Internal, traceId);
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} failed")]
    private partial void LogUnhandled(string method, Exception exception);
}
