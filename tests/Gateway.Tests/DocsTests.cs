using System.Net;
using System.Net.Http.Headers;

namespace Platform.Gateway.Tests;

public sealed class DocsTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("/docs", "text/html")]
    [InlineData("/docs/", "text/html")]
    [InlineData("/docs/docs.js", "text/javascript")]
    [InlineData("/docs/docs.css", "text/css")]
    public async Task The_page_and_its_files_need_no_token_and_may_load_nothing_from_elsewhere(string path, string type)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, path, null);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
        AssertSafe(response);
    }

    [Fact]
    public async Task The_page_has_nothing_that_its_policy_forbids()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/docs", null);
        var html = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain(" style=", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]* src=)", html);
        Assert.DoesNotMatch(" on[a-z]+=\"", html);
    }

    [Fact]
    public async Task A_file_that_has_not_changed_is_not_sent_again()
    {
        using var first = await gateway.SendAsync(HttpMethod.Get, "/docs/docs.js", null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/docs/docs.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(CacheControlHeaderValue.Parse("no-cache"), first.Headers.CacheControl);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("/docs/nothing.js")]
    [InlineData("/docs/deeper/docs.js")]
    [InlineData("/docs/..%2fconsole")]
    public async Task What_is_not_there_is_a_problem(string path)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, path, null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("unknown_route", (await GatewayFixture.ProblemAsync(response)).GetProperty("code").GetString());
        AssertSafe(response);
    }

    [Fact]
    public async Task A_path_that_only_begins_like_it_needs_a_token()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/docsX", null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static void AssertSafe(HttpResponseMessage response)
    {
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
    }
}
