using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Platform.Ndc.Tests.Client;

/// <summary>What the client sends, and what it makes of answers that are not as the specification says.</summary>
public sealed class NdcClientTests : IDisposable
{
    private const string Capabilities = """{"version":"0.2.0","capabilities":{"query":{"explain":{},"aggregates":null,"exists":{"unrelated":{}}},"mutation":{}}}""";
    private readonly HttpClient http = NdcHttp.Client();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => http.Dispose();

    [Fact]
    public async Task Token_and_version_are_sent_where_there_are_any_and_the_trace_goes_along()
    {
        await using var server = await ScriptedConnector.StartAsync(200, Capabilities);
        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();

        await new NdcClient(http, server.Address, new("hush", NdcClientOptions.SecondGeneration)).CapabilitiesAsync(Cancel);
        await new NdcClient(http, server.Address, new("")).CapabilitiesAsync(Cancel);
        await new NdcClient(http, server.Address, new("hush")).HealthAsync(Cancel);

        var (with, without, health) = (server.Asked.ElementAt(0), server.Asked.ElementAt(1), server.Asked.ElementAt(2));
        Assert.Equal(("Bearer hush", "0.2.0"), (with.Headers["Authorization"], with.Headers[NdcClient.VersionHeader]));
        Assert.Contains(trace.TraceId.ToHexString(), with.Headers["traceparent"], StringComparison.Ordinal);
        Assert.False(without.Headers.ContainsKey("Authorization") || without.Headers.ContainsKey(NdcClient.VersionHeader) || health.Headers.ContainsKey("Authorization"));
        Assert.False(with.Headers.ContainsKey("Accept-Encoding"));
    }

    [Fact]
    public async Task A_capability_is_there_when_it_is_an_object_and_not_when_it_is_null_or_absent()
    {
        await using var server = await ScriptedConnector.StartAsync(200, Capabilities);

        var said = await new NdcClient(http, server.Address, new()).CapabilitiesAsync(Cancel);

        Assert.False(said.IsFirstGeneration);
        Assert.NotNull(said.Capabilities.Query.Explain);
        Assert.Null(said.Capabilities.Query.Aggregates);
        Assert.Null(said.Capabilities.Query.Variables);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(409)]
    [InlineData(422)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(502)]
    public async Task A_refusal_keeps_status_message_and_details(int status)
    {
        await using var server = await ScriptedConnector.StartAsync(status, """{"message":"not that column","details":{"column":"x"}}""");

        var fault = await FaultAsync(server);

        Assert.Equal((NdcFaults.Refused, status, "not that column", """{"column":"x"}"""), (fault.Code, fault.Status, fault.ConnectorMessage, fault.Details?.GetRawText()));
        Assert.Equal($"The connector answered POST /query with the status {status}: not that column", fault.Message);
    }

    [Fact]
    public async Task An_error_of_another_form_is_shown_by_its_beginning()
    {
        await using var server = await ScriptedConnector.StartAsync(500, "<html>\u001b" + new string('x', 100_000), "text/html");

        var fault = await FaultAsync(server);

        Assert.Equal((NdcFaults.Refused, 500, null), (fault.Code, fault.Status, fault.ConnectorMessage));
        Assert.StartsWith("<html>\ufffdxxx", fault.Excerpt, StringComparison.Ordinal);
        Assert.InRange(fault.Excerpt!.Length, 1000, 2048);
    }

    [Fact]
    public async Task When_to_come_back_is_kept()
    {
        await using var server = await ScriptedConnector.StartAsync(async context =>
        {
            (context.Response.StatusCode, context.Response.Headers.RetryAfter) = (429, "7");
            await context.Response.Body.FlushAsync();
        });

        Assert.Equal(TimeSpan.FromSeconds(7), (await FaultAsync(server)).RetryAfter);
    }

    [Theory]
    [InlineData("<!doctype html><p>Welcome", NdcFaults.NotJson, "it looks like HTML")]
    [InlineData("", NdcFaults.NotJson, "it is empty")]
    [InlineData("[{\"rows\":[{\"id\":", NdcFaults.NotJson, "it ends too early")]
    [InlineData("[{]", NdcFaults.NotJson, "line 1, byte 2")]
    [InlineData("{\"rows\":[]}", NdcFaults.BadAnswer, "not of the form")]
    [InlineData("[]", NdcFaults.BadAnswer, "0 row sets, and 1 is right")]
    [InlineData("[{\"rows\":7}]", NdcFaults.BadAnswer, "not of the form")]
    [InlineData("null", NdcFaults.BadAnswer, "not of the form")]
    public async Task An_answer_that_is_not_what_it_should_be_is_a_fault_that_says_why(string body, string code, string words)
    {
        await using var server = await ScriptedConnector.StartAsync(200, body);

        var fault = await FaultAsync(server);

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_body_is_known_as_half()
    {
        await using var server = await ScriptedConnector.StartAsync(async context =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.Body.WriteAsync("[{\"rows\":["u8.ToArray());
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        var fault = await FaultAsync(server);

        Assert.Equal(NdcFaults.AnswerCut, fault.Code);
    }

    [Fact]
    public async Task Silence_ends_before_an_answer_and_within_one()
    {
        await using var server = await ScriptedConnector.StartAsync(async context =>
        {
            if (context.Request.Path == "/query")
            {
                await context.Response.Body.WriteAsync("["u8.ToArray());
                await context.Response.Body.FlushAsync();
            }

            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var options = new NdcClientOptions { Silence = TimeSpan.FromSeconds(1) };

        var within = await FaultAsync(server, options);
        Assert.Equal((NdcFaults.Silent, 200), (within.Code, within.Status));
        var before = (await Assert.ThrowsAsync<NdcException>(() => new NdcClient(http, server.Address, options).SchemaAsync(Cancel))).Fault;
        Assert.Equal((NdcFaults.Silent, null), (before.Code, before.Status));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_is_taken_up_to_its_limit(bool saysItsLength)
    {
        var body = "[{\"rows\":[]}]" + new string(' ', 5000);
        await using var server = await ScriptedConnector.StartAsync(async context =>
        {
            if (saysItsLength)
                context.Response.ContentLength = body.Length;
            await context.Response.WriteAsync(body);
        });

        Assert.Equal(NdcFaults.TooLarge, (await FaultAsync(server, new() { MaxAnswerBytes = body.Length - 1 })).Code);
        Assert.Single(await new NdcClient(http, server.Address, new() { MaxAnswerBytes = body.Length }).QueryAsync(NdcQueryRequest.Of("c", new()), Cancel));
    }

    [Fact]
    public async Task What_nobody_listens_for_is_unreachable_and_what_is_no_HTTP_is_said_to_be_none()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = new Uri($"http://{listener.LocalEndpoint}");
        var answering = AnswerAsync();
        Assert.Equal(NdcFaults.BadAnswer, (await Assert.ThrowsAsync<NdcException>(() => new NdcClient(http, address, new()).SchemaAsync(Cancel))).Fault.Code);
        await answering;
        listener.Stop();

        Assert.Equal(NdcFaults.Unreachable, (await Assert.ThrowsAsync<NdcException>(() => new NdcClient(http, address, new()).SchemaAsync(Cancel))).Fault.Code);

        async Task AnswerAsync()
        {
            using var client = await listener.AcceptTcpClientAsync(Cancel);
            var stream = client.GetStream();
            await stream.ReadAtLeastAsync(new byte[16], 16, cancellationToken: Cancel);
            await stream.WriteAsync("220 mail.example ESMTP\r\n\r\n"u8.ToArray(), Cancel);
        }
    }

    [Fact]
    public async Task Each_operation_of_a_mutation_has_its_result()
    {
        await using var server = await ScriptedConnector.StartAsync(200, """{"operation_results":[{"type":"procedure","result":null}]}""");
        var client = new NdcClient(http, server.Address, new());
        var one = NdcMutationOperation.OfProcedure("p", new JsonObject { ["a"] = 1 });

        Assert.Single((await client.MutateAsync(new([one], []), Cancel)).OperationResults);
        Assert.Equal("""{"operations":[{"type":"procedure","name":"p","arguments":{"a":1}}],"collection_relationships":{}}""", server.Asked.Single().Body);
        Assert.Equal(NdcFaults.BadAnswer, (await Assert.ThrowsAsync<NdcException>(() => client.MutateAsync(new([one, one], []), Cancel))).Fault.Code);
    }

    [Fact]
    public async Task Arguments_of_a_query_are_sent_as_literals()
    {
        await using var server = await ScriptedConnector.StartAsync(200, """[{"rows":[]}]""");

        await new NdcClient(http, server.Address, new()).QueryAsync(NdcQueryRequest.Of("c", new(Limit: 1), new JsonObject { ["a"] = null }), Cancel);

        Assert.Equal("""{"collection":"c","query":{"limit":1},"arguments":{"a":{"type":"literal","value":null}},"collection_relationships":{}}""", server.Asked.Single().Body);
    }

    private async Task<NdcFault> FaultAsync(ScriptedConnector server, NdcClientOptions? options = null) =>
        (await Assert.ThrowsAsync<NdcException>(() => new NdcClient(http, server.Address, options ?? new()).QueryAsync(NdcQueryRequest.Of("c", new()), Cancel))).Fault;
}
