using Grpc.Core;
using Platform.Interop.Tests.Server;

namespace Platform.Interop.Tests.Client;

internal static class MetadataCases
{
    private const string InitialValue = "test_initial_metadata_value";
    private static readonly byte[] TrailingValue = [0xab, 0xab, 0xab];

    public static async Task CustomMetadata(InteropClient client)
    {
        var sent = new Metadata { { InteropService.Initial, InitialValue }, { InteropService.Trailing, TrailingValue } };
        using var unary = client.Service.UnaryCallAsync(new SimpleRequest { ResponseSize = 314159, Payload = InteropClient.Zeros(271828) }, InteropClient.Options(sent));
        await unary;
        Check(await unary.ResponseHeadersAsync, unary.GetTrailers());

        using var duplex = client.Service.FullDuplexCall(InteropClient.Options(sent));
        await duplex.RequestStream.WriteAsync(MessageCases.DuplexRequest(314159, 271828));
        await duplex.RequestStream.CompleteAsync();
        Assert.True(await duplex.ResponseStream.MoveNext());
        Assert.False(await duplex.ResponseStream.MoveNext());
        Check(await duplex.ResponseHeadersAsync, duplex.GetTrailers());
    }

    private static void Check(Metadata headers, Metadata trailers)
    {
        Assert.Equal(InitialValue, Assert.Single(headers, entry => entry.Key == InteropService.Initial).Value);
        Assert.Equal(TrailingValue, Assert.Single(trailers, entry => entry.Key == InteropService.Trailing).ValueBytes);
    }
}
