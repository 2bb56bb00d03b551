using System.Net;
using System.Text.Json.Nodes;

namespace Platform.Tests;

public sealed class BadInputTests(PlatformFixture platform)
{
    [Theory]
    [InlineData("GET", "/v1/connectors/nobody", null, 404, "unknown_connector")]
    [InlineData("GET", "/v1/connections/nobody", null, 404, "unknown_connection")]
    [InlineData("GET", "/v1/runs/00000000-0000-0000-0000-000000000000", null, 404, "unknown_run")]
    [InlineData("GET", "/v1/installs/00000000-0000-0000-0000-000000000000", null, 404, "unknown_install")]
    [InlineData("GET", "/v1/objects?connection=nobody", null, 404, "unknown_connection")]
    [InlineData("POST", "/v1/runs", """{"connection":"nobody"}""", 404, "unknown_connection")]
    [InlineData("POST", "/v1/connections", """{"name":"x","connector":"nobody","options":"{}"}""", 404, "unknown_connector")]
    [InlineData("POST", "/v1/connectors", "{\"name\": \"x\"\n  \"source\": \"VCS\"}", 400, "malformed_json")]
    [InlineData("POST", "/v1/runs", "{", 400, "malformed_json")]
    [InlineData("GET", "/v1/nothing", null, 404, "unknown_route")]
    public async Task Bad_input_is_answered_with_a_problem_and_its_code(string method, string path, string? body, int status, string code)
    {
        var (actual, problem, response) = await platform.Api.SendAsync(new HttpMethod(method), path, body);

        Assert.Equal(status, (int)actual);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, (string?)problem!["code"]);
        Assert.False(string.IsNullOrWhiteSpace((string?)problem["detail"]));
    }

    [Theory]
    [InlineData("POST", "/v1/connectors"), InlineData("POST", "/v1/connections"), InlineData("POST", "/v1/runs"), InlineData("POST", "/v1/schedules"), InlineData("POST", "/v1/tokens")]
    [InlineData("POST", "/v1/webhooks"), InlineData("PATCH", "/v1/connections/any")]
    public async Task A_body_that_is_not_said_to_be_JSON_or_is_not_there_is_answered_with_what_to_send(string method, string path)
    {
        foreach (var (type, body, status, code) in new[] { ("application/x-www-form-urlencoded", "{}", 415, "unsupported_media_type"), ("application/json", "", 400, "malformed_json") })
        {
            using var request = new HttpRequestMessage(new(method), path) { Content = new StringContent(body) };
            request.Content.Headers.ContentType = new(type);
            request.Headers.TryAddWithoutValidation("If-Match", "*");
            using var response = await platform.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var problem = System.Text.Json.JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal((type, status, code), (type, (int)response.StatusCode, problem.GetProperty("code").GetString()));
            Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("remedy").GetString()));
        }
    }

    [Fact]
    public async Task The_seeds_sample_as_printed_is_refused_with_the_position_of_the_missing_comma()
    {
        var (status, problem, _) = await platform.Api.SendAsync(HttpMethod.Post, "/v1/connectors",
            "{\n  \"name\": \"s3\",\n  \"description\": \"A simple connector for S3\"\n  \"source\": \"VCS\"\n}");

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("line 4", (string?)problem!["detail"]);
    }

    [Fact]
    public async Task A_manifest_with_several_errors_hears_of_all_of_them_at_once()
    {
        var (status, problem, _) = await platform.Api.SendAsync(HttpMethod.Post, "/v1/connectors", """{"name":"x","source":"FTP","uri":"/tmp/x"}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        var fields = problem!["errors"]!.AsArray().Select(e => (string?)e!["field"]).ToList();
        Assert.Contains("source", fields);
        Assert.Contains("command", fields);
    }

    [Fact]
    public async Task Options_that_are_too_large_are_refused()
    {
        var body = new JsonObject { ["name"] = "big", ["connector"] = "any", ["options"] = new string('x', 300 * 1024) };

        var (status, problem, _) = await platform.Api.SendAsync(HttpMethod.Post, "/v1/connections", body.ToJsonString());

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Equal("options_too_large", (string?)problem!["code"]);
    }

    [Fact]
    public async Task The_client_tells_why_a_much_too_large_file_is_refused_although_the_gateway_hangs_up_before_it_is_sent()
    {
        var file = Path.Combine(platform.Sources, "too-large.txt");
        await File.WriteAllTextAsync(file, new string('x', 16 << 20), TestContext.Current.CancellationToken);

        var refused = await platform.RunAsync("connections", "create", "too-large", "--connector", "any", "--options-file", file);

        Assert.Equal(3, refused.ExitCode);
        Assert.StartsWith("error body_too_large: ", refused.Errors);
    }

    [Theory]
    [InlineData(null, "Bearer")]
    [InlineData("cpt_0000000000", "Bearer error=\"invalid_token\"")]
    public async Task No_token_and_a_wrong_token_get_what_rfc_6750_says(string? token, string challenge)
    {
        using var http = new HttpClient { BaseAddress = platform.GatewayUrl };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);

        using var response = await http.GetAsync("/v1/connectors", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var header = Assert.Single(response.Headers.GetValues("WWW-Authenticate"));
        Assert.StartsWith(challenge.Split(' ')[0], header);
        Assert.Equal(token is not null, header.Contains("invalid_token"));
    }
}
