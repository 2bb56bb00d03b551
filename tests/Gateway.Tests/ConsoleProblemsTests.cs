using System.Net;

namespace Platform.Gateway.Tests;

/// <summary>What a service refuses is told in the console's own page, whatever its status.</summary>
public sealed class ConsoleProblemsTests(StubbedGatewayFixture gateway) : IClassFixture<StubbedGatewayFixture>
{
    private const string Id = "0198c0de-0000-7000-8000-000000000001";

    [Theory]
    [InlineData("/console/objects?connection=nope", "/v1/objects")]
    [InlineData("/console/objects/show?connection=nope&remote_id=x", "/v1/objects")]
    [InlineData("/console/actions?connection=nope", "/v1/connections/nope/actions")]
    [InlineData("/console/actions/nope/x", "/v1/connections/nope/actions/x")]
    [InlineData("/console/connections/nope", "/v1/connections/nope")]
    [InlineData("/console/connections/nope/edit", "/v1/connections/nope")]
    [InlineData("/console/connections/new?connector=nope", "/v1/connectors/nope/specification")]
    [InlineData("/console/connectors/nope", "/v1/connectors/nope")]
    [InlineData("/console/runs/" + Id, "/v1/runs/" + Id)]
    [InlineData("/console/invocations/" + Id, "/v1/invocations/" + Id)]
    [InlineData("/console/installs/" + Id, "/v1/installs/" + Id)]
    public async Task What_is_not_there_is_told_in_the_page(string page, string asked)
    {
        gateway.Stub.Answers.Clear();
        gateway.Stub.Answers[asked] = Problem(404, "There is no 'nope'.");
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.GetAsync(page);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        await AssertToldAsync(response, "There is no 'nope'.");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    public async Task A_search_that_was_refused_can_be_corrected_there(int status)
    {
        gateway.Stub.Answers.Clear();
        gateway.Stub.Answers["/v1/objects"] = Problem(status, "The search is no good.");
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.GetAsync("/console/objects?connection=docz");

        Assert.Equal(status, (int)response.StatusCode);
        await AssertToldAsync(response, "The search is no good.");
        await AssertToldAsync(response, "name=\"connection\" value=\"docz\"");
    }

    [Fact]
    public async Task An_object_that_is_not_there_is_told_in_the_page()
    {
        gateway.Stub.Answers.Clear();
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.GetAsync("/console/objects/show?connection=docs&stream=s&remote_id=nope");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        await AssertToldAsync(response, "There is no such object");
    }

    [Fact]
    public async Task A_form_whose_thing_went_away_meanwhile_is_told_why()
    {
        gateway.Stub.Answers.Clear();
        gateway.Stub.Answers["/v1/connections/docs"] = Problem(404, "There is no connection 'docs'.");
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.PostAsync("/console/connections/docs", await browser.HiddenAsync("/console", "sync"));

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        await AssertToldAsync(response, "There is no connection 'docs'.");
    }

    [Fact]
    public async Task A_form_that_a_page_has_not_is_refused_in_a_page()
    {
        gateway.Stub.Answers.Clear();
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.PostAsync("/console/runs", await browser.HiddenAsync("/console", "nothing"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await AssertToldAsync(response, "form_refused");
    }

    private static (int, object) Problem(int status, string detail) => (status, new { code = "unknown", status, title = "It is unknown", detail });

    private static async Task AssertToldAsync(HttpResponseMessage response, string words)
    {
        var html = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<nav aria-label=\"Pages\">", html, StringComparison.Ordinal);
        Assert.Contains(words, html, StringComparison.Ordinal);
    }
}
