using Grpc.Core;
using Platform.Installer.V1;
using BundlesClient = Platform.Installer.V1.Bundles.BundlesClient;

namespace Platform.Runner.Bundles;

/// <summary>A bundle's archive as it comes from the Installer. One that is cut goes on where it stopped.</summary>
internal sealed class BundleDownload(BundlesClient installer, string digest, CancellationToken cancel) : Stream
{
    // Of each piece; one that brought something begins them anew, but not for ever.
    private const int AttemptsWithoutProgress = 4;
    private const int MaxCuts = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private AsyncServerStreamingCall<DownloadChunk>? call;
    private ReadOnlyMemory<byte> rest;
    private long received;
    private int failures;
    private int cuts;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="RpcException">The Installer refuses, or stays away.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (rest.IsEmpty)
        {
            if (!await NextAsync())
                return 0;
        }

        var length = Math.Min(buffer.Length, rest.Length);
        rest[..length].CopyTo(buffer);
        rest = rest[length..];
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count), cancel).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            call?.Dispose();
        base.Dispose(disposing);
    }

    private async Task<bool> NextAsync()
    {
        while (true)
        {
            try
            {
                call ??= installer.Download(new() { Digest = digest, Offset = received }, cancellationToken: cancel);
                if (!await call.ResponseStream.MoveNext(cancel))
                    return false;
                rest = call.ResponseStream.Current.Data.Memory;
                received += rest.Length;
                failures = 0;
                return true;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && !cancel.IsCancellationRequested && ++failures < AttemptsWithoutProgress && ++cuts < MaxCuts)
            {
                call?.Dispose();
                call = null;
                await Task.Delay(Pause * failures, cancel);
            }
        }
    }
}
