using Grpc.Core;
using Platform.Ingest.V1;
using Platform.Protocols.GoPlugin;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

/// <summary>What the callback endpoint has decided by the time that a connector hears its answer.</summary>
public sealed class CallbackEndpointTests : IAsyncLifetime
{
    private const int MaxMessageBytes = 1 << 20;

    // A run that hears of the refusal too late would not do so every time.
    private const int Attempts = 40;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private static readonly Method<byte[], byte[]> Upsert = new(MethodType.Unary, CallbackService.ServiceName, nameof(Upsert), RawMessages.Marshaller, RawMessages.Marshaller);
    private readonly string folder = Directory.CreateTempSubdirectory("ce-").FullName;
    private Peers peers = null!;

    public async ValueTask InitializeAsync() => peers = await Peers.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await peers.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A connector that ignores the refusal returns from Sync at once: its run must have failed by then.</summary>
    [Fact]
    public async Task The_run_has_failed_before_the_connector_hears_that_its_page_is_too_large()
    {
        using var ingest = peers.Channel();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var pages = await PageLoad.OpenAsync(new(ingest), new Open { Run = new() { RunId = Guid.CreateVersion7().ToString() } }, CancellationToken.None);
            await using var endpoint = await CallbackEndpoint.ListenAsync(Path.Combine(folder, $"{attempt}"), new(pages), MaxMessageBytes);
            using var channel = PluginChannel.Open(new("unix", endpoint.Socket), null, int.MaxValue);

            using var call = channel.CreateCallInvoker().AsyncUnaryCall(Upsert, null, new CallOptions(deadline: DateTime.UtcNow + Limit), new byte[MaxMessageBytes + 1]);
            var refusal = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);

            Assert.True(pages.Refused.IsCompleted, $"At attempt {attempt} the connector was told first.");
            Assert.Equal((StatusCode.ResourceExhausted, "message_too_large"), (refusal.StatusCode, (await pages.Refused).Fault.Code));
        }

        Assert.Empty(peers.Ingest.Messages);
    }
}
