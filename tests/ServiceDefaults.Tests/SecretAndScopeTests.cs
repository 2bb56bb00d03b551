using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults.Tests;

public sealed class SecretAndScopeTests
{
    private static Task<TestService> StartAsync(bool requireSecret = true) => TestService.StartAsync(
        app =>
        {
            app.MapGet("/open", (HttpContext context) => context.Actor() ?? "nobody");
            app.MapGroup("/runs").RequireScope("runs:start").MapPost("", (Input input) => input);
            app.MapPost("/connections/{name}/actions/{action}", () => "done").RequireConnectionScope("actions:invoke");
            app.MapPost("/connections/{name}/check", () => "done").RequireConnectionScope("actions:invoke");
            app.MapGet("/records/{connection}", (string connection, HttpContext context) => context.Caller().Covers(connection) ? "there" : throw new ProblemException(new("unknown_record", 404, "", "")))
                .RequireScopeSomewhere("runs:read");
            app.MapGet("/forgetful", () => "secret").RequireScopeSomewhere("runs:read");
        },
        requireSecret: requireSecret);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("the-internal-secre")]
    [InlineData("the-internal-secret2")]
    public async Task Nobody_gets_in_without_the_secret(string? secret)
    {
        await using var service = await StartAsync();
        using var client = new HttpClient { BaseAddress = service.Address };
        if (secret is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation(InternalSecret.Header, secret);

        foreach (var path in new[] { "/open", "/openapi/v1.json", "/nowhere", "/health/x" })
        {
            using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("internal_secret_required", (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Probes_need_no_secret()
    {
        await using var service = await StartAsync();
        using var client = new HttpClient { BaseAddress = service.Address };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task The_gateway_answers_without_the_secret()
    {
        await using var service = await StartAsync(requireSecret: false);
        using var client = new HttpClient { BaseAddress = service.Address };

        Assert.Equal("nobody", await client.GetStringAsync("/open", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_missing_secret_fails_the_start_and_names_the_key()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("Internal:Secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_handler_shows_the_secret_and_the_client_finds_the_service()
    {
        await using var callee = await StartAsync();
        await using var caller = await TestService.StartAsync(_ => { }, builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("services:callee:http:0", callee.Address.ToString())]);
            builder.AddInternalHttpClient("callee");
        });
        var client = caller.Services.GetRequiredService<IHttpClientFactory>().CreateClient("callee");

        Assert.Equal("nobody", await client.GetStringAsync("/open", TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Forbidden)]
    [InlineData("runs:read objects:read", HttpStatusCode.Forbidden)]
    [InlineData("runs:start", HttpStatusCode.OK)]
    [InlineData("objects:read  runs:start", HttpStatusCode.OK)]
    [InlineData("admin", HttpStatusCode.OK)]
    [InlineData("administrator", HttpStatusCode.Forbidden)]
    public async Task A_scope_opens_its_route(string? scopes, HttpStatusCode expected)
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/runs")
        {
            // Lacking the scope is said before the body is looked at.
            Content = new StringContent(expected == HttpStatusCode.OK ? "{\"name\":\"a\"}" : "{", System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Add(Scopes.Header, scopes is null ? [] : [scopes]);
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Forbidden)
        {
            Assert.Equal("insufficient_scope", (await TestService.ProblemAsync(response)).GetProperty("code").GetString());
            Assert.Contains("runs:start", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("actions:invoke", "orders/actions/close", HttpStatusCode.OK)]
    [InlineData("actions:invoke:orders", "orders/actions/close", HttpStatusCode.OK)]
    [InlineData("actions:invoke:orders/clo*", "orders/actions/close", HttpStatusCode.OK)]
    [InlineData("actions:invoke:orders/clo*", "orders/actions/open", HttpStatusCode.Forbidden)]
    [InlineData("actions:invoke:orders", "bills/actions/close", HttpStatusCode.Forbidden)]
    [InlineData("actions:invoke:orders", "orders/check", HttpStatusCode.OK)]
    [InlineData("actions:invoke:orders/close", "orders/check", HttpStatusCode.Forbidden)]
    public async Task A_restricted_scope_opens_the_routes_of_its_connections(string scopes, string path, HttpStatusCode expected) =>
        Assert.Equal(expected, (await SendAsync(HttpMethod.Post, "/connections/" + path, scopes)).Status);

    [Fact]
    public async Task Whoever_may_not_do_an_action_hears_which_scope_would_allow_just_that()
    {
        var (_, body) = await SendAsync(HttpMethod.Post, "/connections/orders/actions/open", "actions:invoke:orders/close");
        var problem = JsonElement.Parse(body);

        Assert.Equal("The scope actions:invoke is needed for the action open of the connection orders.", problem.GetProperty("detail").GetString());
        Assert.Equal("Use a token with the scope actions:invoke or actions:invoke:orders/open.", problem.GetProperty("remedy").GetString());
    }

    [Theory]
    [InlineData("runs:read", "orders", HttpStatusCode.OK, "there")]
    [InlineData("runs:read:orders", "orders", HttpStatusCode.OK, "there")]
    [InlineData("runs:read:orders", "bills", HttpStatusCode.NotFound, "unknown_record")]
    [InlineData("objects:read:orders", "orders", HttpStatusCode.Forbidden, "insufficient_scope")]
    public async Task What_is_not_covered_is_not_there(string scopes, string connection, HttpStatusCode expected, string answer)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, "/records/" + connection, scopes);
        Assert.Equal(expected, status);
        Assert.Contains(answer, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_forgets_to_ask_gives_nothing_away()
    {
        Assert.Equal((HttpStatusCode.OK, "secret"), await SendAsync(HttpMethod.Get, "/forgetful", "runs:read"));
        var (status, body) = await SendAsync(HttpMethod.Get, "/forgetful", "runs:read:orders");
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.DoesNotContain("secret", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_route_of_the_api_that_names_no_scope_keeps_the_service_from_starting()
    {
        await using var open = await TestService.StartAsync(app => app.MapGet("/v1/open", () => "").AllowAnyToken());
        await using var guarded = await TestService.StartAsync(app => app.MapGroup("/v1/guarded").RequireScope("runs:read").MapGet("/{id}", () => ""));
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => TestService.StartAsync(app => app.MapGroup("/v1/forgotten").MapGet("/{id}", () => "")));
        Assert.Contains("/v1/forgotten/{id}", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string scopes)
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add(Scopes.Header, scopes);
        using var response = await service.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    internal sealed record Input(string Name);
}
