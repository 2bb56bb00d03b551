using System.Net;
using System.Net.Http.Headers;
using Grpc.Core.Internal;
using Grpc.Net.Internal;

namespace Grpc.Net.Client.Internal;

internal abstract class RequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue MediaType = new(WireFormat.ContentType);
    private static readonly TimeSpan OutcomeWait = TimeSpan.FromMilliseconds(100);

    protected RequestContent() => Headers.ContentType = MediaType;

    // The server reset the stream. The response knows why, so it must fail before the request does; but a handler that
    // tries a refused stream again may be waiting for this very one to go.
    protected static Task OutcomeFirstAsync(GrpcCall call) => Task.WhenAny(call.Completion, Task.Delay(OutcomeWait));

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);

    protected sealed override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected sealed override bool TryComputeLength(out long length)
    {
        length = -1;
        return false;
    }
}

// The handler may send it more than once (a refused stream is tried again), so it serializes each time.
internal sealed class UnaryContent<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, TRequest message) : RequestContent
    where TRequest : class
    where TResponse : class
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        OutgoingMessage outgoing;
        try
        {
            outgoing = call.Serialize(message, call.WriteOptions);
        }
        catch (Exception exception)
        {
            call.FinishFrom(exception, "Error starting gRPC call.");
            throw;
        }

        try
        {
            using (outgoing)
                await outgoing.WriteToAsync(stream, cancellationToken);

            if (CallEvents.Client.IsEnabled())
                CallEvents.Client.MessageSent();
        }
        catch (OperationCanceledException) when (!call.Ended.IsCancellationRequested)
        {
            await OutcomeFirstAsync(call);
            throw;
        }
    }
}

// Lends the request's stream to the writer until the writer completes or the call ends.
internal sealed class StreamingContent(GrpcCall call) : RequestContent
{
    private readonly TaskCompletionSource<Stream?> opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Null: the call ended before the request could start.
    public Task<Stream?> Opened => opened.Task;

    public void Complete() => done.TrySetResult();

    public void Abandon()
    {
        opened.TrySetResult(null);
        done.TrySetCanceled();
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // The headers leave at once: a server may answer before the first message.
            await stream.FlushAsync(cancellationToken);
            if (!opened.TrySetResult(stream) && !done.Task.IsCompleted)
                throw new IOException("The request was started again after its stream had been opened.");

            await done.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!call.Ended.IsCancellationRequested)
        {
            await OutcomeFirstAsync(call);
            throw;
        }
    }
}
