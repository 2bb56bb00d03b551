using Google.Protobuf;
using Grpc.Core;
using Platform.Connector.V1;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.GoPlugin.Native;

/// <summary>
/// Takes what one Sync says, in order. The next message is read once the one before is on its way to Ingest, so that a slow Ingest slows the
/// connector and no more than a message is held here.
/// </summary>
internal sealed class SyncReception(SyncWork work, PageLoad pages, ConnectorOutput output)
{
    public static readonly Method<SyncRequest, ReceivedPage> Method = new(
        MethodType.ServerStreaming, "platform.connector.v1.Connector", "Sync",
        Marshallers.Create(request => request.ToByteArray(), SyncRequest.Parser.ParseFrom), ReceivedPage.Marshaller);

    private readonly StreamRules streams = new(work.Streams, work.FromStart ? [] : [.. pages.States.Where(s => s.Continuable).Select(s => s.Stream)]);
    private string result = "";

    /// <returns>Once everything is committed.</returns>
    public async Task<SyncEnd> ReadAsync(IAsyncStreamReader<ReceivedPage> messages, CancellationToken stop)
    {
        while (await messages.MoveNext(stop))
        {
            var received = messages.Current;
            await TakeAsync(SyncPart.Read(received.Bytes), stop);
            received.Release();
        }

        var complete = streams.Finish();
        await pages.FlushAsync(stop);
        await pages.SealAsync();
        return new(result, complete);
    }

    private async Task TakeAsync(SyncPart part, CancellationToken stop)
    {
        switch (part.Message?.BodyCase)
        {
            case null:
                await SendAsync(part, stop);
                break;
            case SyncMessage.BodyOneofCase.StreamBegin:
                streams.Begin(part.Message.StreamBegin.Stream, part.Message.StreamBegin.Mode);
                break;
            case SyncMessage.BodyOneofCase.StreamEnd:
                streams.End(part.Message.StreamEnd.Stream);
                break;
            case SyncMessage.BodyOneofCase.State:
                var state = part.Message.State;
                streams.State(state);
                await pages.SendAsync(state.Stream, ReadOnlyMemory<byte>.Empty, state: state.State.Memory, listing: streams.Lists(state.Stream), cancel: stop);
                break;
            case SyncMessage.BodyOneofCase.Progress:
                work.OnProgress(Words.Line(part.Message.Progress.Message), Words.Fraction(part.Message.Progress));
                break;
            case SyncMessage.BodyOneofCase.Log:
                output.Add(Words.Level(part.Message.Log.Level), Words.Text(part.Message.Log.Message));
                break;
            case SyncMessage.BodyOneofCase.Result:
                result = part.Message.Result;
                break;
            default:
                // Of a later version of the contract; it says no more here than that the connector lives.
                break;
        }
    }

    private async Task SendAsync(SyncPart page, CancellationToken stop)
    {
        streams.Page(page.Stream);
        foreach (var upserts in page.Upserts)
            await pages.SendAsync(page.Stream, upserts, cancel: stop);
        foreach (var deletes in page.Deletes)
            await pages.SendAsync(page.Stream, deletes, deletes: true, cancel: stop);
    }
}
