namespace Platform.Standins.Tests.Grpc.Fuzzing;

// Hands its bytes out in pieces of given sizes, over and over, as a network might.
internal sealed class PiecewiseStream(byte[] bytes, int[] pieces) : MemoryStream(bytes)
{
    private int next;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        base.ReadAsync(buffer[..Math.Min(buffer.Length, pieces[next++ % pieces.Length])], cancellationToken);
}
