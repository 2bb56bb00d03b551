using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults.Tests;

public sealed class ProblemTests : IAsyncLifetime
{
    private TestService service = null!;

    public async ValueTask InitializeAsync() => service = await TestService.StartAsync(app =>
    {
        app.MapPost("/things", (Thing thing) => thing);
        app.MapGet("/numbers", (int size) => size);
        app.MapGet("/named", ([FromQuery(Name = "max_size")] int? size) => size);
        app.MapGet("/v1/{name}", (string name, string? connection, [FromQuery(Name = "max_size")] int? size, string[]? type, [AsParameters] Paging paging, IConfiguration configuration) =>
            $"{connection} {size} {string.Join(',', type ?? [])} {paging.PageSize} {(configuration is null ? 0 : 1)}").AllowAnyToken();
        app.MapGet("/boom", string () => throw new InvalidOperationException("password=hunter2"));
        app.MapGet("/refused", string () => throw new ProblemException(new Problem(
            "thing_running", 409, "A thing runs", "Thing a runs.", "Wait.", [new FieldError("name", "taken", "It is taken.")],
            new Dictionary<string, object?> { ["location"] = "/things/1", ["retry_after"] = 7 })));
        app.MapGet("/bare", () => Results.StatusCode(StatusCodes.Status418ImATeapot));
    });

    public ValueTask DisposeAsync() => service.DisposeAsync();

    [Fact]
    public async Task A_problem_has_every_member_of_its_contract()
    {
        using var response = await service.Client.GetAsync("/refused", TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("thing_running", body.GetProperty("code").GetString());
        Assert.Equal("A thing runs", body.GetProperty("title").GetString());
        Assert.Equal("Thing a runs.", body.GetProperty("detail").GetString());
        Assert.Equal("Wait.", body.GetProperty("remedy").GetString());
        var error = Assert.Single(body.GetProperty("errors").EnumerateArray());
        Assert.Equal("name", error.GetProperty("field").GetString());
        Assert.Equal("taken", error.GetProperty("code").GetString());
        Assert.Equal(32, body.GetProperty("trace_id").GetString()!.Length);
        Assert.Equal("/things/1", response.Headers.Location?.ToString());
        Assert.Equal(TimeSpan.FromSeconds(7), response.Headers.RetryAfter?.Delta);
        Assert.DoesNotContain(service.Logs.Entries, e => e.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Malformed_json_is_located_and_not_repeated()
    {
        using var content = new StringContent("{\n  \"name\": sesame }", Encoding.UTF8, "application/json");
        using var response = await service.Client.PostAsync("/things", content, TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal("malformed_json", body.GetProperty("code").GetString());
        Assert.Equal(2, body.GetProperty("line").GetInt64());
        Assert.Equal(10, body.GetProperty("byte_position").GetInt64());
        Assert.DoesNotContain("sesame", body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_of_the_wrong_type_names_its_field()
    {
        using var content = new StringContent("""{"name": "a", "max_size": "open sesame"}""", Encoding.UTF8, "application/json");
        using var response = await service.Client.PostAsync("/things", content, TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal("malformed_json", body.GetProperty("code").GetString());
        Assert.Equal("max_size", Assert.Single(body.GetProperty("errors").EnumerateArray()).GetProperty("field").GetString());
        Assert.DoesNotContain("sesame", body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_nested_too_deep_is_malformed()
    {
        using var content = new StringContent(new string('[', 100_000), Encoding.UTF8, "application/json");
        using var response = await service.Client.PostAsync("/things", content, TestContext.Current.CancellationToken);

        Assert.Equal("malformed_json", (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_body_over_the_limit_is_413()
    {
        using var content = new StringContent($$"""{"name": "{{new string('a', 2 * 1024 * 1024)}}"}""", Encoding.UTF8, "application/json");
        using var response = await service.Client.PostAsync("/things", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("body_too_large", (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task An_unhandled_error_is_logged_once_and_tells_nothing()
    {
        using var response = await service.Client.GetAsync("/boom", TestContext.Current.CancellationToken);
        var body = await TestService.ProblemAsync(response);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("internal_error", body.GetProperty("code").GetString());
        Assert.DoesNotContain("hunter2", body.GetRawText(), StringComparison.Ordinal);
        Assert.Single(service.Logs.Entries, e => e.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData("GET", "/nowhere", 404, "not_found")]
    [InlineData("DELETE", "/boom", 405, "method_not_allowed")]
    [InlineData("GET", "/numbers?size=many", 400, "bad_request")]
    [InlineData("GET", "/numbers", 400, "bad_request")]
    [InlineData("POST", "/things", 415, "unsupported_media_type")]
    [InlineData("GET", "/bare", 418, "http_418")]
    public async Task What_the_framework_refuses_is_a_problem_too(string method, string path, int status, string code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
            request.Content = new StringContent("name=a", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/numbers?size=many", "size", "unreadable")]
    [InlineData("/numbers", "size", "required")]
    [InlineData("/named?max_size=many", "max_size", "unreadable")]
    public async Task A_parameter_that_does_not_fit_is_named_as_the_caller_knows_it_and_without_types_of_ours(string path, string field, string code)
    {
        using var response = await service.Client.GetAsync(path, TestContext.Current.CancellationToken);
        var problem = await TestService.ProblemAsync(response);

        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        Assert.Equal((field, code), (error.GetProperty("field").GetString(), error.GetProperty("code").GetString()));
        Assert.DoesNotContain("int", problem.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("many", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_parameters_that_a_route_does_not_have_are_named_and_what_may_be_meant()
    {
        using var known = await service.Client.GetAsync("/v1/search?connection=a&MAX_SIZE=3&type=x&type=y&page_size=7", TestContext.Current.CancellationToken);
        using var refused = await service.Client.GetAsync("/v1/search?conection=a&max_size=3&name=b&frobnicate=1", TestContext.Current.CancellationToken);
        var problem = await TestService.ProblemAsync(refused);

        Assert.Equal("a 3 x,y 7 1", await known.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((400, "unknown_parameter"), ((int)refused.StatusCode, problem.GetProperty("code").GetString()));
        Assert.Equal(
            ["conection: Is connection meant?", "name: Known are connection, max_size, type, page_size.", "frobnicate: Known are connection, max_size, type, page_size."],
            problem.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("field")}: {error.GetProperty("message")}"));
    }

    private sealed record Paging([FromQuery(Name = "page_size")] int? PageSize, [FromHeader(Name = "X-Key")] string? Key);

    [Fact]
    public async Task A_body_that_is_not_there_is_asked_for()
    {
        using var content = new StringContent("", Encoding.UTF8, "application/json");
        using var response = await service.Client.PostAsync("/things", content, TestContext.Current.CancellationToken);
        var problem = await TestService.ProblemAsync(response);

        Assert.Equal((400, "malformed_json", "There is no body."), ((int)response.StatusCode, problem.GetProperty("code").GetString(), problem.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task Json_is_snake_case_both_ways()
    {
        using var response = await service.Client.PostAsJsonAsync(
            "/things", new { name = "a", max_size = 3, kind = "very_large" }, TestContext.Current.CancellationToken);

        Assert.Equal("""{"name":"a","max_size":3,"kind":"very_large"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_problem_survives_its_json_form()
    {
        var problem = new Problem(
            "c", 422, "t", "d", "r", [new FieldError("f", "c", "m")], new Dictionary<string, object?> { ["location"] = "/x" });

        var read = ProblemJson.Parse(ProblemJson.Serialize(problem, "0af7651916cd43dd8448eb211c80319c"));

        Assert.Equivalent(problem, read, strict: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"code": 3}""")]
    [InlineData("""{"code": "a"}""")]
    public void What_is_no_problem_is_not_read_as_one(string json) =>
        Assert.Null(ProblemJson.Parse(Encoding.UTF8.GetBytes(json)));

    internal enum Kind
    {
        Small,
        VeryLarge,
    }

    internal sealed record Thing(string Name, int MaxSize, Kind Kind);
}
