using Grpc.Core;
using Grpc.Net.Internal;

namespace Grpc.Net.Client.Internal;

internal sealed class RequestWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, StreamingContent content) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private static readonly TimeSpan StatusWait = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private bool writing;
    private bool completed;

    public WriteOptions? WriteOptions { get; set; } = call.WriteOptions;

    public Task CompleteAsync()
    {
        lock (gate)
        {
            if (writing)
                return Task.FromException(new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));

            completed = true;
        }

        content.Complete();
        return Task.CompletedTask;
    }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (gate)
        {
            if (completed)
                return Task.FromException(new InvalidOperationException("Request stream has already been completed."));

            if (writing)
                return Task.FromException(new InvalidOperationException("Can't write the message because the previous write is in progress."));

            writing = true;
        }

        return WriteCoreAsync(message, cancellationToken);
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        try
        {
            using var cancellation = cancellationToken.UnsafeRegister(static call => ((GrpcCall)call!).Cancel(), call);
            if (call.Completion.IsCompleted || await content.Opened is not { } stream)
                throw call.EndedException(await call.Completion);

            using var outgoing = call.Serialize(message, WriteOptions);
            var handedOver = false;
            try
            {
                await outgoing.WriteToAsync(stream, call.Ended);
                handedOver = true;
                if ((WriteOptions?.Flags & WriteFlags.BufferHint) != WriteFlags.BufferHint)
                    await stream.FlushAsync(call.Ended);

                if (CallEvents.Client.IsEnabled())
                    CallEvents.Client.MessageSent();
            }
            catch (OperationCanceledException) when (handedOver && call.Completion is { IsCompletedSuccessfully: true, Result.Answered: true })
            {
                // The server answered, perhaps this very message, before the flush could say that it had left. The answer is the reader's.
            }
            catch (Exception exception)
            {
                throw await FailureAsync(exception);
            }
        }
        finally
        {
            lock (gate)
                writing = false;
        }
    }

    // The server's status says more than the broken stream. It is on its way where this side reads without being asked to;
    // else the reader of the responses will find it.
    private async Task<Exception> FailureAsync(Exception exception)
    {
        if (call.HasSingleResponse)
            await Task.WhenAny(call.Completion, Task.Delay(StatusWait));

        return call.Completion.IsCompleted
            ? call.EndedException(await call.Completion)
            : new RpcException(ResponseStatus.FromException(exception, "Error writing the message; the response stream has the call's status."));
    }
}
