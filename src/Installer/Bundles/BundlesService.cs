using Google.Protobuf;
using Grpc.Core;
using Platform.Installer.V1;

namespace Platform.Installer.Bundles;

/// <summary>The gRPC face of the store; see protos/installer.proto.</summary>
internal sealed class BundlesService(BundleStore store) : V1.Bundles.BundlesBase
{
    private const int ChunkBytes = 256 * 1024;

    /// <summary>Streams a bundle, from an offset on where a download was cut.</summary>
    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadChunk> responseStream, ServerCallContext context)
    {
        await using var file = store.Open(request.Digest) ?? throw Errors.UnknownBundle(request.Digest);
        var total = file.Length;
        if (request.Offset < 0 || request.Offset > total) throw Errors.BadOffset(request.Offset, total);
        file.Position = request.Offset;
        var first = true;
        while (first || file.Position < total)
        {
            // A buffer per chunk: the message keeps it while it is on its way.
            var buffer = new byte[Math.Min(ChunkBytes, total - file.Position)];
            await file.ReadExactlyAsync(buffer, context.CancellationToken);
            var chunk = new DownloadChunk { Data = UnsafeByteOperations.UnsafeWrap(buffer) };
            if (first) chunk.TotalBytes = total;
            first = false;
            await responseStream.WriteAsync(chunk, context.CancellationToken);
        }
    }

    public override Task<RemoveReply> Remove(RemoveRequest request, ServerCallContext context) =>
        Task.FromResult(new RemoveReply { Removed = store.Remove(request.Digest) });
}
