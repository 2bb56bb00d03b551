using Grpc.Core;
using Microsoft.Extensions.Logging;
using C1 = Platform.Protocols.C1;
using Mode = Platform.Connector.V1.Mode;

namespace Platform.Connectors.GoPlugin;

/// <summary>A connector behind c1's contract: one Sync, pages handed back through the host's callback.</summary>
internal sealed class C1ConnectorService<TConnector, TOptions>(TConnector connector, Broker broker, ILogger<TConnector> log)
    : C1.Connector.ConnectorBase
    where TConnector : Connector<TOptions>
{
    public override async Task<C1.EndSync> Sync(C1.SyncRequest request, ServerCallContext context)
    {
        using var channel = await broker.DialAsync(request.CallbackHandlerServer, context.CancellationToken);
        var host = new C1.CallbackHandler.CallbackHandlerClient(channel);
        var end = new C1.EndSync();
        try
        {
            var options = ConnectorOptions.Parse<TOptions>(request.Options);
            await foreach (var message in connector.SyncAsync(options, new SyncContext(log), context.CancellationToken))
                await SendAsync(host, message, end, context.CancellationToken);
            return end;
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the host cancelled the sync"));
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Unknown, e.Message));
        }
    }

    // c1 has one stream, no states and no deletes: what can't be said in it fails the sync rather than being lost.
    private static async Task SendAsync(
        C1.CallbackHandler.CallbackHandlerClient host, SyncMessage message, C1.EndSync end, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case StreamBegun { Stream: not "" } or ObjectPage { Stream: not (null or "") }:
                throw new InvalidOperationException("The host speaks c1, which has one stream without a name; this connector has named ones.");
            case DeletedObjects:
                throw new InvalidOperationException("The host speaks c1, which can't be told that objects are gone.");
            case ObjectPage page:
                var response = new C1.SyncResponse();
                response.Response.AddRange(page.Objects.Select(o => new C1.DataObject
                {
                    RemoteId = o.RemoteId,
                    ResourceName = o.ResourceName,
                    Uri = o.Uri,
                    Metadata = o.Metadata,
                }));
                await host.UpsertAsync(response, cancellationToken: cancellationToken);
                break;
            case FullListingDeclared or StreamBegun { Mode: Mode.Full }:
                await host.CleanAsync(new C1.Empty(), cancellationToken: cancellationToken);
                break;
            case SyncResult result:
                end.Metadata = result.Text;
                break;
        }
    }
}
