using Grpc.Core;
using Grpc.Net.Internal;

namespace Grpc.Net.Client.Internal;

internal sealed class ResponseReader<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private int reading;

    public TResponse Current { get; private set; } = null!;

    public Task<bool> MoveNext(CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref reading, 1) == 0
            ? MoveNextCoreAsync(cancellationToken)
            : Task.FromException<bool>(new InvalidOperationException("Can't read the next message because the previous read is still in progress."));

    private async Task<bool> MoveNextCoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var cancellation = cancellationToken.UnsafeRegister(static call => ((GrpcCall)call!).Cancel(), call);
            if (!call.Completion.IsCompleted && await call.ReaderAsync is { } messages)
            {
                try
                {
                    var received = await messages.ReadAsync(call.ResponseMarshaller, call.Ended);
                    if (received.Any)
                    {
                        if (CallEvents.Client.IsEnabled())
                            CallEvents.Client.MessageReceived();

                        Current = received.Message;
                        return true;
                    }

                    call.FinishFromTrailers();
                }
                catch (Exception exception)
                {
                    call.FinishFrom(exception, "Error reading next message.");
                }
            }

            Current = null!;
            var outcome = await call.Completion;
            return outcome.Status.StatusCode == StatusCode.OK ? false : throw call.EndedException(outcome);
        }
        finally
        {
            Volatile.Write(ref reading, 0);
        }
    }
}
