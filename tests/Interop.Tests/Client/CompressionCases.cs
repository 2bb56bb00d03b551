using Grpc.Core;

namespace Platform.Interop.Tests.Client;

internal static class CompressionCases
{
    private static readonly WriteOptions Plain = new(WriteFlags.NoCompress);

    // Asks for compressed requests; it is not sent.
    private static Metadata Gzip => new() { { "grpc-internal-encoding-request", "gzip" } };

    public static async Task ClientCompressedUnary(InteropClient client)
    {
        var request = new SimpleRequest { ExpectCompressed = new BoolValue { Value = true }, ResponseSize = 314159, Payload = InteropClient.Zeros(271828) };
        if (!client.ServerIsBlind)
            await EndingCases.AssertEndsAsync(StatusCode.InvalidArgument, async () => await client.Service.UnaryCallAsync(request, InteropClient.Options()));

        var compressed = await client.Service.UnaryCallAsync(request, InteropClient.Options(Gzip));
        Assert.Equal(InteropClient.Zeros(314159), compressed.Payload);
        request.ExpectCompressed.Value = false;
        var plain = await client.Service.UnaryCallAsync(request, InteropClient.Options());
        Assert.Equal(InteropClient.Zeros(314159), plain.Payload);
    }

    public static async Task ClientCompressedStreaming(InteropClient client)
    {
        if (!client.ServerIsBlind)
        {
            using var probe = client.Service.StreamingInputCall(InteropClient.Options());
            await probe.RequestStream.WriteAsync(Request(27182, expectCompressed: true));
            await probe.RequestStream.CompleteAsync();
            await EndingCases.AssertEndsAsync(StatusCode.InvalidArgument, () => probe.ResponseAsync);
        }

        using var call = client.Service.StreamingInputCall(InteropClient.Options(Gzip));
        await call.RequestStream.WriteAsync(Request(27182, expectCompressed: true));
        call.RequestStream.WriteOptions = Plain;
        await call.RequestStream.WriteAsync(Request(45904, expectCompressed: false));
        await call.RequestStream.CompleteAsync();
        Assert.Equal(73086, (await call).AggregatedPayloadSize);
    }

    public static async Task ServerCompressedUnary(InteropClient client)
    {
        foreach (var compressed in new[] { true, false })
        {
            var request = new SimpleRequest { ResponseCompressed = new BoolValue { Value = compressed }, ResponseSize = 314159, Payload = InteropClient.Zeros(271828) };
            var response = await client.ObservedService.UnaryCallAsync(request, InteropClient.Options(compressed && client.ServerMirrors ? Gzip : null));
            Assert.Equal(InteropClient.Zeros(314159), response.Payload);
            Assert.Equal(compressed, client.ResponseFlags.Latest.Next());
        }
    }

    public static async Task ServerCompressedStreaming(InteropClient client)
    {
        var request = new StreamingOutputCallRequest { ResponseParameters = { Response(31415, compressed: true), Response(92653, compressed: false) } };
        using var call = client.ObservedService.StreamingOutputCall(request, InteropClient.Options(client.ServerMirrors ? Gzip : null));
        foreach (var parameters in request.ResponseParameters)
        {
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(InteropClient.Zeros(parameters.Size), call.ResponseStream.Current.Payload);
            Assert.Equal(parameters.Compressed.Value || client.ServerMirrors, client.ResponseFlags.Latest.Next());
        }

        Assert.False(await call.ResponseStream.MoveNext());
    }

    private static StreamingInputCallRequest Request(int size, bool expectCompressed) =>
        new() { ExpectCompressed = new BoolValue { Value = expectCompressed }, Payload = InteropClient.Zeros(size) };

    private static ResponseParameters Response(int size, bool compressed) => new() { Size = size, Compressed = new BoolValue { Value = compressed } };
}
