using Grpc.Core;

namespace Platform.Interop.Tests.Client;

// Calls that end by a deadline, by cancellation, or with a status other than OK.
internal static class EndingCases
{
    private const string SpecialMessage = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

    public static async Task TimeoutOnSleepingServer(InteropClient client)
    {
        using var call = client.Service.FullDuplexCall(deadline: DateTime.UtcNow.AddMilliseconds(1));
        try
        {
            await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { Payload = InteropClient.Zeros(27182) });
        }
        catch (Exception exception) when (exception is RpcException or InvalidOperationException)
        {
            // The deadline passed before the message could be written.
        }

        await AssertEndsAsync(StatusCode.DeadlineExceeded, () => call.ResponseStream.MoveNext());
    }

    public static async Task CancelAfterBegin(InteropClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.Service.StreamingInputCall(InteropClient.Options().WithCancellationToken(cancellation.Token));
        await cancellation.CancelAsync();
        await AssertEndsAsync(StatusCode.Cancelled, () => call.ResponseAsync);
    }

    public static async Task CancelAfterFirstResponse(InteropClient client)
    {
        using var cancellation = new CancellationTokenSource();
        using var call = client.Service.FullDuplexCall(InteropClient.Options().WithCancellationToken(cancellation.Token));
        await call.RequestStream.WriteAsync(MessageCases.DuplexRequest(31415, 27182));
        Assert.True(await call.ResponseStream.MoveNext());
        await cancellation.CancelAsync();
        await AssertEndsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
    }

    public static async Task StatusCodeAndMessage(InteropClient client)
    {
        var status = new EchoStatus { Code = 2, Message = "test status message" };
        await AssertUnaryEndsAsync(client, status);
        using var call = client.Service.FullDuplexCall(InteropClient.Options());
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        await call.RequestStream.CompleteAsync();
        Assert.Equal(status.Message, await AssertEndsAsync(StatusCode.Unknown, () => call.ResponseStream.MoveNext()));
    }

    public static Task SpecialStatusMessage(InteropClient client) => AssertUnaryEndsAsync(client, new EchoStatus { Code = 2, Message = SpecialMessage });

    public static Task UnimplementedMethod(InteropClient client) =>
        AssertEndsAsync(StatusCode.Unimplemented, async () => await client.Service.UnimplementedCallAsync(new Empty(), InteropClient.Options()));

    public static Task UnimplementedServiceCase(InteropClient client) =>
        AssertEndsAsync(StatusCode.Unimplemented, async () => await client.Unimplemented.UnimplementedCallAsync(new Empty(), InteropClient.Options()));

    public static async Task<string> AssertEndsAsync(StatusCode code, Func<Task> act)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(act);
        Assert.True(exception.StatusCode == code, $"{exception.Status} instead of {code}");
        return exception.Status.Detail;
    }

    private static async Task AssertUnaryEndsAsync(InteropClient client, EchoStatus status)
    {
        var request = new SimpleRequest { ResponseStatus = status };
        var message = await AssertEndsAsync((StatusCode)status.Code, async () => await client.Service.UnaryCallAsync(request, InteropClient.Options()));
        Assert.Equal(status.Message, message);
    }
}
