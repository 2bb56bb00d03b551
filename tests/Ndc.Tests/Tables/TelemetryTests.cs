using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Platform.Ndc.Tests.Tables;

/// <summary>The spans of the sample connector, by both pairs of names and both protocols.</summary>
public sealed class TelemetryTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InlineData(HttpProtocols.Http2, "HASURA_OTLP_ENDPOINT", "HASURA_OTEL_SERVICE_NAME", "", "/opentelemetry.proto.collector.trace.v1.TraceService/Export")]
    [InlineData(HttpProtocols.Http2, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "grpc", "/opentelemetry.proto.collector.trace.v1.TraceService/Export")]
    [InlineData(HttpProtocols.Http1, "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "http/protobuf", "/v1/traces")]
    [InlineData(HttpProtocols.Http1, "HASURA_OTLP_ENDPOINT", "HASURA_OTEL_SERVICE_NAME", "http/protobuf", "/v1/traces")]
    public async Task A_request_becomes_a_span_of_its_callers_trace_and_is_sent_before_the_end(
        HttpProtocols protocol, string endpointVariable, string nameVariable, string protocolValue, string path)
    {
        await using var collector = await Collector.StartAsync(protocol);
        await using var connector = await TablesProcess.ServeAsync(
            (endpointVariable, collector.Root), (nameVariable, "the-service"), ("OTEL_EXPORTER_OTLP_PROTOCOL", protocolValue));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/schema") { Headers = { { "traceparent", $"00-{TraceId}-00f067aa0ba902b7-01" } } };
        using (await connector.Http.SendAsync(request, TestContext.Current.CancellationToken))
            connector.Signal("TERM");
        Assert.Equal(0, await connector.EndAsync());

        Assert.All(collector.Received, r => Assert.Equal(path, r.Path));
        var body = collector.Received.SelectMany(r => r.Body).ToArray();
        Assert.True(Has(body, Convert.FromHexString(TraceId)), "No span of the caller's trace came.");
        Assert.True(Has(body, "the-service"u8), "No span came with the name of the service.");
        Assert.True(Has(body, "GET /schema"u8), "No span came with the name of the request.");
    }

    [Fact]
    public async Task A_collector_that_is_not_there_holds_nothing_up()
    {
        await using var connector = await TablesProcess.ServeAsync(("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{TablesProcess.FreePort()}"));
        await connector.Http.GetStringAsync("/schema", TestContext.Current.CancellationToken);
        connector.Signal("TERM");
        Assert.Equal((0, ""), (await connector.EndAsync(), connector.Errors));
    }

    private static bool Has(byte[] body, ReadOnlySpan<byte> wanted) => body.AsSpan().IndexOf(wanted) >= 0;
}
