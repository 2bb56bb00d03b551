using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Platform.Protocols.GoPlugin;
using Empty = Platform.Protocols.GoPlugin.Empty;

namespace Platform.Connectors.GoPlugin;

/// <summary>Held open by the host for this process's life; its end is the host's end.</summary>
internal sealed class BrokerService(Broker broker, IHostApplicationLifetime lifetime) : GRPCBroker.GRPCBrokerBase
{
    public override async Task StartStream(
        IAsyncStreamReader<ConnInfo> requestStream, IServerStreamWriter<ConnInfo> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var offer in requestStream.ReadAllAsync(end.Token))
                broker.Offer(offer);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // A host that keeps the stream doesn't hold up the end.
        }
    }
}

internal sealed class ControllerService(IHostApplicationLifetime lifetime) : GRPCController.GRPCControllerBase
{
    public override Task<Empty> Shutdown(Empty request, ServerCallContext context)
    {
        lifetime.StopApplication();
        return Task.FromResult(new Empty());
    }
}

internal sealed class StdioService(StandardStreams streams) : GRPCStdio.GRPCStdioBase
{
    public override async Task StreamStdio(
        Google.Protobuf.WellKnownTypes.Empty request, IServerStreamWriter<StdioData> responseStream, ServerCallContext context)
    {
        try
        {
            await foreach (var data in streams.ReadAsync(context.CancellationToken))
                await responseStream.WriteAsync(data, context.CancellationToken);
        }
        finally
        {
            // A host asks once. What it has not read, and what comes now, still reaches it as the log.
            streams.End();
        }
    }
}
