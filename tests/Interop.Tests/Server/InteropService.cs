using Google.Protobuf;
using Grpc.Core;

namespace Platform.Interop.Tests.Server;

/// <summary>The server of the interop cases. UnimplementedCall is left as the generated code has it.</summary>
internal sealed class InteropService : TestService.TestServiceBase
{
    public const string Initial = "x-grpc-test-echo-initial";
    public const string Trailing = "x-grpc-test-echo-trailing-bin";

    // Asks for compressed responses; it is not sent.
    private const string ResponseEncoding = "grpc-internal-encoding-request";

    public override Task<Empty> EmptyCall(Empty request, ServerCallContext context) => Task.FromResult(new Empty());

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        RequestFlags.Check(context, request.ExpectCompressed);
        await AnswerHeadersAsync(context, compress: request.ResponseCompressed is { Value: true });
        EndAsWanted(request.ResponseStatus);
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    public override async Task StreamingOutputCall(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await AnswerHeadersAsync(context, compress: request.ResponseParameters.Any(parameters => parameters.Compressed is { Value: true }));
        await AnswerAsync(request, responseStream, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(IAsyncStreamReader<StreamingInputCallRequest> requestStream, ServerCallContext context)
    {
        var sum = 0;
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            RequestFlags.Check(context, request.ExpectCompressed);
            sum += request.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = sum };
    }

    public override async Task FullDuplexCall(IAsyncStreamReader<StreamingOutputCallRequest> requestStream, IServerStreamWriter<StreamingOutputCallResponse> responseStream, ServerCallContext context)
    {
        await AnswerHeadersAsync(context, compress: false);
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            EndAsWanted(request.ResponseStatus);
            await AnswerAsync(request, responseStream, context);
        }
    }

    private static async Task AnswerAsync(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        foreach (var parameters in request.ResponseParameters)
        {
            responses.WriteOptions = new WriteOptions(parameters.Compressed is { Value: true } ? default : WriteFlags.NoCompress);
            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) }, context.CancellationToken);
        }
    }

    private static async Task AnswerHeadersAsync(ServerCallContext context, bool compress)
    {
        var headers = new Metadata();
        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key == Initial))
            headers.Add(entry);

        foreach (var entry in context.RequestHeaders.Where(entry => entry.Key == Trailing))
            context.ResponseTrailers.Add(entry);

        if (compress)
            headers.Add(ResponseEncoding, "gzip");

        if (headers.Count > 0)
            await context.WriteResponseHeadersAsync(headers);
    }

    private static void EndAsWanted(EchoStatus? status)
    {
        if (status is { Code: not 0 })
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
    }

    private static Payload Zeros(int size) => new() { Body = UnsafeByteOperations.UnsafeWrap(new byte[size]) };
}
