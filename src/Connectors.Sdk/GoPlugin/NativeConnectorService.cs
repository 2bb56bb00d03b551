using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Platform.Connectors.Specifications;
using V1 = Platform.Connector.V1;

namespace Platform.Connectors.GoPlugin;

/// <summary>A connector behind the platform's own contract, protos/connector.proto.</summary>
internal sealed class NativeConnectorService<TConnector, TOptions>(TConnector connector, ILogger<TConnector> log) : V1.Connector.ConnectorBase
    where TConnector : Connector<TOptions>
{
    private const int MaxResultPartBytes = 256 * 1024;

    public override Task<V1.Specification> Specify(V1.SpecifyRequest request, ServerCallContext context) => GuardAsync(context, () =>
        SpecificationOf.IsKnown(typeof(TOptions))
            ? Task.FromResult(SpecificationOf.Read(typeof(TConnector), typeof(TOptions)))
            : throw new RpcException(new Status(StatusCode.Unimplemented, "this connector takes its options as they are")));

    public override async Task<V1.CheckReply> Check(V1.CheckRequest request, ServerCallContext context)
    {
        var reply = new V1.CheckReply();
        try
        {
            var options = ConnectorOptions.Parse<TOptions>(request.Config.ToStringUtf8());
            reply.Checks.AddRange((await connector.CheckAsync(options, context.CancellationToken))
                .Select(c => new V1.CheckResult { Name = c.Name, Passed = c.Passed, Message = c.Message, Hint = c.Hint ?? "" }));
        }
        catch (Exception e) when (!context.CancellationToken.IsCancellationRequested)
        {
            reply.Checks.Add(new V1.CheckResult { Name = e is FormatException ? "options" : "check", Message = e.Message });
        }

        return reply;
    }

    public override Task Sync(V1.SyncRequest request, IServerStreamWriter<V1.SyncMessage> responseStream, ServerCallContext context) => GuardAsync(context, async () =>
    {
        var options = ConnectorOptions.Parse<TOptions>(request.Config.ToStringUtf8());
        var asked = new SyncContext(log)
        {
            Streams = [.. request.Streams],
            States = request.States.ToDictionary(s => s.Stream, s => s.State.ToByteArray()),
            Continuable = [.. request.States.Where(s => s.Continuable).Select(s => s.Stream)],
        };
        var answer = new SyncAnswer(responseStream, context.CancellationToken);
        await foreach (var message in connector.SyncAsync(options, asked, context.CancellationToken))
            await answer.SendAsync(message);
        await answer.EndAsync();
        return true;
    });

    public override Task Invoke(V1.InvokeRequest request, IServerStreamWriter<V1.ActionMessage> responseStream, ServerCallContext context) => GuardAsync(context, async () =>
    {
        var action = ActionMethod.AllOf(typeof(TConnector), typeof(TOptions)).FirstOrDefault(a => a.Name == request.Action)
            ?? throw new RpcException(new Status(StatusCode.Unimplemented, $"there is no action {request.Action}"));
        using var turn = new SemaphoreSlim(1);
        var given = new ActionContext(request.InvocationId, log, (message, fraction) => WriteAsync(new() { Progress = SyncAnswer.Progress(message, fraction) }));
        V1.ActionError error;
        try
        {
            var options = ConnectorOptions.Parse<TOptions>(request.Config.ToStringUtf8());
            var result = await action.InvokeAsync(connector, options!, request.Arguments.ToStringUtf8(), given, context.CancellationToken);
            foreach (var part in result.Chunk(MaxResultPartBytes))
                await WriteAsync(new() { Result = new() { Json = UnsafeByteOperations.UnsafeWrap(part) } });
            return true;
        }
        catch (ActionException e)
        {
            error = new() { Code = e.Code, Message = e.Message, Retryable = e.Retryable };
            error.Violations.AddRange(e.Violations.Select(v => new V1.FieldViolation { Field = v.Field, Message = v.Message }));
        }
        catch (Exception e) when (e is not RpcException && !context.CancellationToken.IsCancellationRequested)
        {
            error = new() { Code = e is FormatException ? "bad_arguments" : "failed", Message = e.Message, Retryable = e is TransientException };
        }

        await WriteAsync(new() { Error = error });
        return true;

        // Code of an action may report from several threads.
        async Task WriteAsync(V1.ActionMessage message)
        {
            await turn.WaitAsync(context.CancellationToken);
            try
            {
                await responseStream.WriteAsync(message, context.CancellationToken);
            }
            finally
            {
                turn.Release();
            }
        }
    });

    private static async Task<T> GuardAsync<T>(ServerCallContext context, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the host cancelled the call"));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(e is TransientException ? StatusCode.Unavailable : StatusCode.Unknown, e.Message));
        }
    }
}
