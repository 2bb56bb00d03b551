using Grpc.Core;

namespace Platform.Standins.Tests.Grpc;

// What the server side of the calls saw; tests wait on it.
internal sealed class EchoState
{
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<Metadata> RequestHeaders { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<DateTime> Deadline { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TaskCompletionSource<Exception> ReadFailed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Set by a test to end a handler that ignores its token.
    public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IgnoreCancellation { get; set; }
}

internal sealed class EchoService(EchoState state) : Echo.EchoBase
{
    public override async Task<EchoReply> Say(EchoRequest request, ServerCallContext context)
    {
        state.RequestHeaders.TrySetResult(context.RequestHeaders);
        state.Deadline.TrySetResult(context.Deadline);
        context.ResponseTrailers.Add("trailer", "end");
        context.ResponseTrailers.Add("trailer-bin", [0, 255, 7]);
        if (request.Count > 0)
            await context.WriteResponseHeadersAsync(new Metadata { { "header", "start" }, { "header-bin", new byte[] { 1, 2 } } });

        await WaitAsync(request, context);
        Fail(request, context);
        return new EchoReply { Text = request.Text, Blob = request.Blob };
    }

    public override async Task<EchoReply> Collect(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context)
    {
        var reply = new EchoReply();
        try
        {
            await foreach (var request in requestStream.ReadAllAsync())
            {
                reply.Count++;
                reply.Text += request.Text;
                await WaitAsync(request, context);
                Fail(request, context);
            }
        }
        catch (Exception exception) when (exception is not RpcException { StatusCode: StatusCode.FailedPrecondition })
        {
            state.ReadFailed.TrySetResult(exception);
            throw;
        }

        return reply;
    }

    public override async Task Count(EchoRequest request, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        for (var index = 0; index < request.Count; index++)
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Count = index, Blob = request.Blob });

        await WaitAsync(request, context);
        Fail(request, context);
    }

    public override async Task Chat(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoReply> responseStream, ServerCallContext context)
    {
        await foreach (var request in requestStream.ReadAllAsync())
        {
            await WaitAsync(request, context);
            Fail(request, context);
            await responseStream.WriteAsync(new EchoReply { Text = request.Text, Blob = request.Blob });
        }
    }

    private async Task WaitAsync(EchoRequest request, ServerCallContext context)
    {
        if (!request.Wait)
            return;

        // Never taken back: the handler may go on, and be through, before the token that is being cancelled comes to this.
        _ = context.CancellationToken.Register(() => state.Cancelled.TrySetResult());
        state.Waiting.TrySetResult();
        if (state.IgnoreCancellation)
            await state.Release.Task;
        else
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
    }

    private static void Fail(EchoRequest request, ServerCallContext context)
    {
        if (request.FailWith < 0)
            throw new InvalidOperationException("a secret of the server");

        if (request.FailWith > 0)
            throw new RpcException(new Status((StatusCode)request.FailWith, request.Text), new Metadata { { "why", "asked" } });
    }
}
