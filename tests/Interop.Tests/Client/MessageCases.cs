using Grpc.Core;

namespace Platform.Interop.Tests.Client;

// The four shapes of calls.
internal static class MessageCases
{
    private static readonly int[] Requests = [27182, 8, 1828, 45904];
    private static readonly int[] Responses = [31415, 9, 2653, 58979];

    public static async Task EmptyUnary(InteropClient client) =>
        Assert.Equal(0, (await client.Service.EmptyCallAsync(new Empty(), InteropClient.Options())).CalculateSize());

    public static async Task LargeUnary(InteropClient client)
    {
        var request = new SimpleRequest { ResponseSize = 314159, Payload = InteropClient.Zeros(271828) };
        var response = await client.Service.UnaryCallAsync(request, InteropClient.Options());
        Assert.Equal(InteropClient.Zeros(314159), response.Payload);
    }

    public static async Task ClientStreaming(InteropClient client)
    {
        using var call = client.Service.StreamingInputCall(InteropClient.Options());
        foreach (var size in Requests)
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = InteropClient.Zeros(size) });

        await call.RequestStream.CompleteAsync();
        Assert.Equal(74922, (await call).AggregatedPayloadSize);
    }

    public static async Task ServerStreaming(InteropClient client)
    {
        var request = new StreamingOutputCallRequest { ResponseParameters = { Responses.Select(size => new ResponseParameters { Size = size }) } };
        using var call = client.Service.StreamingOutputCall(request, InteropClient.Options());
        var sizes = await call.ResponseStream.ReadAllAsync().Select(response => response.Payload.Body.Length).ToArrayAsync();
        Assert.Equal(Responses, sizes);
    }

    public static async Task PingPong(InteropClient client)
    {
        using var call = client.Service.FullDuplexCall(InteropClient.Options());
        foreach (var (request, response) in Requests.Zip(Responses))
        {
            await call.RequestStream.WriteAsync(DuplexRequest(response, request));
            Assert.True(await call.ResponseStream.MoveNext());
            Assert.Equal(InteropClient.Zeros(response), call.ResponseStream.Current.Payload);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    public static async Task EmptyStream(InteropClient client)
    {
        using var call = client.Service.FullDuplexCall(InteropClient.Options());
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    public static StreamingOutputCallRequest DuplexRequest(int response, int request) =>
        new() { ResponseParameters = { new ResponseParameters { Size = response } }, Payload = InteropClient.Zeros(request) };
}
