namespace Grpc.Core;

[Flags]
public enum WriteFlags
{
    // The message may wait for the next one before it goes out.
    BufferHint = 0x1,
    NoCompress = 0x2,
}

public class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}
