using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Platform.Protocols.GoPlugin;
using Empty = Platform.Protocols.GoPlugin.Empty;

namespace Platform.Connectors.GoPlugin;

/// <summary>Held open by the host for this process's life; its end is the host's end.</summary>
internal sealed class BrokerService(Broker broker) : GRPCBroker.GRPCBrokerBase
{
    public override async Task StartStream(
        IAsyncStreamReader<ConnInfo> requestStream, IServerStreamWriter<ConnInfo> responseStream, ServerCallContext context)
    {
        await foreach (var offer in requestStream.ReadAllAsync(context.CancellationToken))
            broker.Offer(offer);
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

internal sealed class StdioService(StandardStreams streams, IHostApplicationLifetime lifetime) : GRPCStdio.GRPCStdioBase
{
    public override async Task StreamStdio(
        Google.Protobuf.WellKnownTypes.Empty request, IServerStreamWriter<StdioData> responseStream, ServerCallContext context)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var data in streams.ReadAsync(end.Token))
                await responseStream.WriteAsync(data, end.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The stream ends with the process.
        }
    }
}
