using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Platform.Gateway.Tests;

public sealed class ForwardingTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly TimeSpan FirstEventWithin = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_service_gets_secret_actor_and_scopes_from_the_gateway_alone_and_never_the_token()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/connectors/headers?limit=3");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + gateway.Bootstrap);
        request.Headers.TryAddWithoutValidation("X-Platform-Secret", "forged");
        request.Headers.TryAddWithoutValidation("x-platform-scopes", "forged");
        request.Headers.TryAddWithoutValidation("X-Platform-Other", "forged");
        request.Headers.TryAddWithoutValidation("X_Platform_Actor", "forged");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal("?limit=3", answer.GetProperty("query").GetString());
        var received = gateway.Stub.Received["/v1/connectors/headers"];
        Assert.Equal(GatewayFixture.Secret, received["X-Platform-Secret"]);
        Assert.Equal("bootstrap", received["X-Platform-Actor"]);
        Assert.Equal("admin", received["X-Platform-Scopes"]);
        Assert.DoesNotContain("Authorization", received.Keys);
        Assert.DoesNotContain(received.Values, value => value.Contains("forged", StringComparison.Ordinal));
        Assert.Contains("traceparent", received.Keys);
    }

    [Fact]
    public async Task Each_service_is_told_to_be_healthy_or_not_while_the_gateway_itself_stays_so()
    {
        using var response = await gateway.GetAsync("/v1/services");
        using var health = await gateway.SendAsync(HttpMethod.Get, "/health", null);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(
            [("gateway", "healthy"), ("ingest", "healthy"), ("installer", "healthy"), ("registry", "healthy"), ("runner", "unreachable")],
            answer.GetProperty("services").EnumerateArray().Select(s => (s.GetProperty("service").GetString(), s.GetProperty("state").GetString())));
        Assert.False(answer.GetProperty("healthy").GetBoolean());
        Assert.NotEmpty(answer.GetProperty("services")[4].GetProperty("message").GetString()!);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Theory]
    [InlineData("/v1/connectors")]
    [InlineData("/v1/connections/x")]
    [InlineData("/v1/installs/1")]
    [InlineData("/v1/objects")]
    [InlineData("/v1/rejects")]
    [InlineData("/v1/rejects/7/replay")]
    [InlineData("/v1/objects/export")]
    public async Task Routes_reach_their_service(string path)
    {
        using var response = await gateway.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(path, gateway.Stub.Received.Keys);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task A_connections_state_is_ingests_and_its_condition_gets_there(string method)
    {
        var path = "/v1/connections/x/state";
        using var request = new HttpRequestMessage(new(method), path + "?stream=");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + gateway.Bootstrap);
        request.Headers.TryAddWithoutValidation("If-Match", "\"a\"");
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"a\"", gateway.Stub.Received[path]["If-Match"]);
        Assert.Equal("ingest", Routing.Routes.ServiceOf(Routing.Routes.All.Single(route => route.Match.Path == "/v1/connections/{name}/state").ClusterId!));
    }

    [Fact]
    public async Task A_service_that_is_down_is_named_with_a_remedy()
    {
        using var response = await gateway.GetAsync("/v1/runs");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal("service_unavailable", problem.GetProperty("code").GetString());
        Assert.Contains("runner", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("runner", problem.GetProperty("remedy").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/nothing")]
    [InlineData("/favicon.ico")]
    [InlineData("/v2/connectors")]
    public async Task An_unknown_path_is_a_problem(string path)
    {
        using var response = await gateway.GetAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("unknown_route", (await GatewayFixture.ProblemAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    [InlineData("application/grpc", false)]
    [InlineData("application/grpc", true)]
    public async Task A_body_over_the_limit_is_refused_whatever_its_type_and_framing(string type, bool chunked)
    {
        using var content = new ByteArrayContent(new byte[new Limits.LimitSettings().BodyBytes + 1]);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/connections") { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + gateway.Bootstrap);
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body_too_large", (await GatewayFixture.ProblemAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_body_at_the_limit_passes()
    {
        using var content = new StringContent(new string('x', (int)new Limits.LimitSettings().BodyBytes), Encoding.ASCII);
        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/connections", "Bearer " + gateway.Bootstrap, content);

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(new Limits.LimitSettings().BodyBytes, answer.GetProperty("length").GetInt64());
    }

    [Fact]
    public async Task An_event_arrives_while_its_stream_is_still_open()
    {
        using var response = await gateway.GetAsync("/v1/installs/7/log");
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("event: line", await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(FirstEventWithin, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_document_has_the_services_paths_a_security_scheme_and_the_name_of_who_is_missing()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/openapi.json", null);
        var document = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/connectors", out _));
        Assert.False(document.GetProperty("paths").TryGetProperty("/inner", out _));
        Assert.Equal("bearer", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").GetProperty("scheme").GetString());
        Assert.Contains("runner did not answer", document.GetProperty("info").GetProperty("description").GetString(), StringComparison.Ordinal);
    }
}
