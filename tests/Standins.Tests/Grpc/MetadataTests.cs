using Grpc.Core;

namespace Platform.Standins.Tests.Grpc;

public sealed class MetadataTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metadata_crosses_both_ways_text_and_binary()
    {
        await using var server = await EchoServer.StartAsync();
        var headers = new Metadata { { "Text-Key", "a, b" }, { "bytes-bin", new byte[] { 0, 1, 255, 254 } }, { "bytes-bin", new byte[] { 9 } }, { "empty-bin", Array.Empty<byte>() } };

        using var call = server.Client.SayAsync(new EchoRequest { Count = 1 }, headers, cancellationToken: Cancellation);
        var responseHeaders = await call.ResponseHeadersAsync;
        await call;
        var seen = await server.State.RequestHeaders.Task.WaitAsync(EchoServer.Patience, Cancellation);

        Assert.Equal("a, b", seen.GetValue("text-key"));
        Assert.Equal([[0, 1, 255, 254], [9]], seen.GetAll("bytes-bin").Select(entry => entry.ValueBytes));
        Assert.Equal([], seen.GetValueBytes("empty-bin")!);
        Assert.StartsWith("grpc-dotnet/", seen.GetValue("user-agent"), StringComparison.Ordinal);
        Assert.DoesNotContain(seen, entry => entry.Key is "te" or "content-type" or "grpc-accept-encoding");
        Assert.Equal("start", responseHeaders.GetValue("header"));
        Assert.Equal([1, 2], responseHeaders.GetValueBytes("header-bin"));
        Assert.Equal("end", call.GetTrailers().GetValue("trailer"));
        Assert.Equal([0, 255, 7], call.GetTrailers().GetValueBytes("trailer-bin"));
    }

    [Fact]
    public void A_key_that_no_header_can_have_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { "a b", "c" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "a-bin", "c" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { "a", new byte[] { 1 } } });
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }
}
