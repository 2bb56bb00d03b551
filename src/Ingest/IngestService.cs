using Grpc.Core;
using Platform.Ingest.Close;
using Platform.Ingest.Load;
using Platform.Ingest.V1;

namespace Platform.Ingest;

/// <summary>The gRPC face of this service; see protos/ingest.proto.</summary>
internal sealed class IngestService(LoadCall load, CloseRun close, GetOutcome getOutcome, SweepRun sweep) : V1.Ingest.IngestBase
{
    public override Task Load(IAsyncStreamReader<LoadMessage> requestStream, IServerStreamWriter<LoadReply> responseStream, ServerCallContext context) =>
        load.RunAsync(requestStream, responseStream, context.CancellationToken);

    public override Task<RunOutcome> Close(CloseRequest request, ServerCallContext context) => close.RunAsync(request, context.CancellationToken);

    public override Task<GetOutcomeReply> GetOutcome(GetOutcomeRequest request, ServerCallContext context) =>
        getOutcome.RunAsync(request, context.CancellationToken);

    public override Task<RunOutcome> Sweep(SweepRequest request, ServerCallContext context) => sweep.RunAsync(request, context.CancellationToken);
}
