using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Platform.ServiceDefaults;

/// <summary>
/// Kestrel reads a socket a block at a time, and its own blocks have 4 KiB: a page of 300 kB would be 75 reads, each with its own
/// hop between threads. Only a connection that is sending or being read holds a block.
/// </summary>
public sealed class LargeBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    public override int MaxBufferSize => 64 * 1024;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
        return Shared.Rent(minBufferSize <= 0 ? MaxBufferSize : minBufferSize);
    }

    protected override void Dispose(bool disposing)
    {
        // It owns nothing: the arrays are those of the shared pool.
    }
}
