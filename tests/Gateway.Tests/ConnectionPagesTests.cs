using System.Net;
using System.Text.Json.Nodes;

namespace Platform.Gateway.Tests;

/// <summary>The forms of a connection, for whoever may change connections and not read connectors.</summary>
public sealed class ConnectionPagesTests(StubbedGatewayFixture gateway) : IClassFixture<StubbedGatewayFixture>, IAsyncLifetime
{
    private const string Scopes = "connections:read:docs* connections:write:docs*";
    private static readonly (int, object) Refused = (403, new { code = "insufficient_scope", status = 403, title = "The token's scopes do not allow this", detail = "The scope connectors:read is needed." });

    public ValueTask InitializeAsync()
    {
        gateway.Stub.Answers.Clear();
        gateway.Stub.Answers["/v1/connectors"] = Refused;
        gateway.Stub.Answers["/v1/connectors/files/specification"] = Refused;
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_new_one_takes_the_connector_s_name_and_its_options_as_text()
    {
        using var browser = await gateway.SignedInAsync(Scopes);
        gateway.Stub.Answers["/v1/connections"] = (201, Connection(null));

        using var first = await browser.GetAsync("/console/connections/new");
        using var second = await browser.GetAsync("/console/connections/new?connector=files");
        using var made = await browser.SubmitAsync("/console/connections/new?connector=files", "create", ("name", "docs"), ("options", """{"root": "/srv"}"""));

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Matches("<input type=\"text\" id=\"connector\" name=\"connector\"", await TextAsync(first));
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Matches("<textarea id=\"field-options\" name=\"options\"", await TextAsync(second));
        Assert.Contains("With connectors:read", await TextAsync(second), StringComparison.Ordinal);
        Assert.Equal("/console/connections/docs", made.Headers.Location?.AbsolutePath);
        var sent = JsonNode.Parse(gateway.Stub.Bodies["/v1/connections"])!;
        Assert.Equal(("docs", "files", """{"root": "/srv"}"""), ((string?)sent["name"], (string?)sent["connector"], (string?)sent["options"]));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("""{"root": "/srv"}""", """{"root": "/srv"}""")]
    public async Task A_change_sends_options_only_if_some_are_given(string given, string? expected)
    {
        using var browser = await gateway.SignedInAsync(Scopes);
        gateway.Stub.Answers["/v1/connections/docs"] = (200, Connection(new { root = "/usr", secret = "***" }));

        using var page = await browser.GetAsync("/console/connections/docs/edit");
        using var changed = await browser.SubmitAsync("/console/connections/docs/edit", "change", ("version", "7"), ("options", given));

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("With connectors:read", await TextAsync(page), StringComparison.Ordinal);
        Assert.Contains("what is left empty stays", await TextAsync(page), StringComparison.Ordinal);
        Assert.Equal("/console/connections/docs", changed.Headers.Location?.AbsolutePath);
        var sent = JsonNode.Parse(gateway.Stub.Bodies["/v1/connections/docs"])!;
        Assert.Equal(expected, (string?)sent["options"]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static object Connection(object? options) => new
    {
        id = Guid.Empty, name = "docs", connector = "files", full_listing = false, changed_events = false, streams = Array.Empty<string>(), cursors = new { }, always_on = false,
        created_at = DateTimeOffset.UnixEpoch, updated_at = DateTimeOffset.UnixEpoch, version = "7", options,
    };

    private static async Task<string> TextAsync(HttpResponseMessage response) =>
        WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
}
