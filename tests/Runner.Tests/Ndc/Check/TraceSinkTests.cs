using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Platform.Runner.Packages.Check.Traces;

namespace Platform.Runner.Tests.Ndc.Check;

/// <summary>Spans are received in every form in which exporters send them.</summary>
public sealed class TraceSinkTests
{
    private const string Trace = "0102030405060708090a0b0c0d0e0f10";
    private const string Parent = "1112131415161718";
    private static readonly SeenSpan Expected = new(Trace, Parent, "things");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Protobuf_comes_by_http_as_it_is_or_compressed(bool compressed)
    {
        await using var sink = await TraceSink.ListenAsync(IPAddress.Loopback, isGrpc: false, Cancel);
        using var content = new ByteArrayContent(compressed ? Packed(Message()) : Message()) { Headers = { ContentType = new("application/x-protobuf") } };
        if (compressed)
            content.Headers.ContentEncoding.Add("gzip");

        Assert.Equal(HttpStatusCode.OK, await PostAsync(sink, "/v1/traces", content));

        Assert.Equal([Expected], sink.Spans);
        Assert.True(await sink.WaitAsync(s => s == Expected, TimeSpan.FromSeconds(10), Cancel));
        Assert.False(await sink.WaitAsync(s => s.Service == "others", TimeSpan.Zero, Cancel));
    }

    [Fact]
    public async Task Json_comes_by_http()
    {
        await using var sink = await TraceSink.ListenAsync(IPAddress.Loopback, isGrpc: false, Cancel);
        using var content = new StringContent(
            $$$"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"h"}},{"key":"service.name","value":{"stringValue":"things"}}]},
            "scopeSpans":[{"scope":{},"spans":[{"traceId":"{{{Trace.ToUpperInvariant()}}}","spanId":"2122232425262728","parentSpanId":"{{{Parent}}}","name":"n"}]}]}]}
            """, Encoding.UTF8, "application/json");

        Assert.Equal(HttpStatusCode.OK, await PostAsync(sink, "/v1/traces", content));

        Assert.Equal([Expected], sink.Spans);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Protobuf_comes_by_grpc_as_it_is_or_compressed(bool compressed)
    {
        await using var sink = await TraceSink.ListenAsync(IPAddress.Loopback, isGrpc: true, Cancel);
        var message = compressed ? Packed(Message()) : Message();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(sink.Address, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([(byte)(compressed ? 1 : 0), 0, 0, 0, (byte)message.Length, .. message]) { Headers = { ContentType = new("application/grpc") } },
        };
        if (compressed)
            request.Headers.Add("grpc-encoding", "gzip");
        using var client = new HttpClient();

        using var response = await client.SendAsync(request, Cancel);

        Assert.Equal(new byte[5], await response.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal([Expected], sink.Spans);
    }

    [Fact]
    public async Task What_is_no_export_is_told()
    {
        await using var sink = await TraceSink.ListenAsync(IPAddress.Loopback, isGrpc: false, Cancel);
        using var odd = new ByteArrayContent([0xff, 0xff]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-protobuf") } };
        using var elsewhere = new ByteArrayContent(Message());

        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(sink, "/v1/traces", odd));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(sink, "/v1/traces/v1/traces", elsewhere));

        Assert.Empty(sink.Spans);
        Assert.Collection(sink.Refused, r => Assert.Contains("can't be read", r, StringComparison.Ordinal), r => Assert.Contains("/v1/traces is right", r, StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> PostAsync(TraceSink sink, string path, HttpContent content)
    {
        using var client = new HttpClient();
        using var response = await client.PostAsync(new Uri(sink.Address, path), content, Cancel);
        return response.StatusCode;
    }

    private static byte[] Message()
    {
        byte[] span = [.. Field(1, Convert.FromHexString(Trace)), .. Field(4, Convert.FromHexString(Parent)), .. Field(5, "n"u8), 6 << 3, 2];
        byte[] attribute = [.. Field(1, "service.name"u8), .. Field(2, Field(1, "things"u8))];
        return Field(1, [.. Field(1, Field(1, attribute)), .. Field(2, [.. Field(1, []), .. Field(2, span)])]);
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> content) => [(byte)(number << 3 | 2), (byte)content.Length, .. content];

    private static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            stream.Write(bytes);
        return packed.ToArray();
    }
}
