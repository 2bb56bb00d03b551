using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

internal sealed class RequestReader<TRequest>(HttpServerCallContext call, Marshaller<TRequest> marshaller) : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private int reading;

    public TRequest Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref reading, 1) != 0)
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");

        try
        {
            var received = await call.ReadAsync(marshaller, cancellationToken);
            Current = received.Message!;
            return received.Any;
        }
        finally
        {
            Volatile.Write(ref reading, 0);
        }
    }
}
