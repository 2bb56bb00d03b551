using System.Net;

namespace Platform.Gateway.Tests;

/// <summary>What single pages of the console say.</summary>
public sealed class ConsolePagesTests(StubbedGatewayFixture gateway) : IClassFixture<StubbedGatewayFixture>
{
    [Theory]
    [InlineData(0, 0, "no objects were received by the last 2 runs")]
    [InlineData(0, 12, "the highest: 12.")]
    public async Task The_chart_of_runs_says_what_the_highest_received(int one, int other, string words)
    {
        gateway.Stub.Answers["/v1/runs"] = (200, new { items = new[] { Run(one), Run(other) } });
        using var browser = await gateway.SignedInAsync();

        Assert.Contains(words, await TextAsync(browser, "/console/runs"), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("?connection=docs")]
    [InlineData("?remote_id=a.txt")]
    public async Task The_page_of_an_object_needs_to_know_which(string query)
    {
        gateway.Stub.Answers["/v1/objects"] = (200, new { items = new[] { new { connection = "docs", stream = "", remote_id = "some-first-one", resource_name = "file", uri = "file:x", metadata = "{}" } } });
        using var browser = await gateway.SignedInAsync();

        using var response = await browser.GetAsync("/console/objects/show" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var page = await TextAsync(browser, "/console/objects/show" + query);
        Assert.Contains("incomplete_address", page, StringComparison.Ordinal);
        Assert.DoesNotContain("some-first-one", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_says_whose_times_it_shows()
    {
        using var browser = await gateway.SignedInAsync();

        Assert.Contains("Times are in the time zone <span data-zone>UTC</span>", await TextAsync(browser, "/console/tokens"), StringComparison.Ordinal);
    }

    private static object Run(int received) => new
    {
        id = Guid.CreateVersion7(), connection = "docs", connector = "files", state = "succeeded", counts = new { received }, created_at = DateTimeOffset.UnixEpoch,
    };

    private static async Task<string> TextAsync(ConsoleBrowser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
