using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Platform.Tests.Console;

/// <summary>The page of the API in a real browser, without a token: what the services say of themselves, found and read.</summary>
public sealed class DocsPageTests(PlatformFixture platform, Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Routes_of_every_service_are_listed_searched_and_opened()
    {
        using var http = new HttpClient { BaseAddress = platform.GatewayUrl };
        var document = (JsonObject)JsonNode.Parse(await http.GetStringAsync("/openapi.json", TestContext.Current.CancellationToken))!;
        var count = document["paths"]!.AsObject().Sum(path => path.Value!.AsObject().Count);
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;
        var shown = page.Locator(".operation:visible");

        await page.GotoAsync("/docs");
        await Expect(shown).ToHaveCountAsync(count);
        await Expect(page.Locator("#count")).ToHaveTextAsync($"{count} of {count} routes");
        // One of the registry, the installer, the runner, ingest and the gateway each.
        foreach (var path in new[] { "/v1/connectors", "/v1/installs", "/v1/runs", "/v1/objects", "/v1/tokens" })
            await Expect(page.GetByText(path, new() { Exact = true }).First).ToBeVisibleAsync();
        await visit.JudgeAsync();

        await page.Keyboard.PressAsync("/");
        await Expect(page.GetByLabel("Search")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("post /v1/tokens admin");
        await Expect(shown.Filter(new() { HasText = "/v1/tokens" }).First).ToBeVisibleAsync();
        await Expect(shown.Filter(new() { HasNotText = "/v1/tokens" })).ToHaveCountAsync(0);
        await page.GetByLabel("Search").FillAsync("no such words anywhere");
        await Expect(page.Locator("#count")).ToHaveTextAsync($"0 of {count} routes");

        var id = document["paths"]!["/v1/tokens"]!["post"]!["operationId"]!.GetValue<string>();
        await page.EvaluateAsync("id => { location.hash = id }", id);
        var operation = page.Locator($"[id=\"{id}\"]");
        // A link leads to its operation whatever was searched for.
        await Expect(shown).ToHaveCountAsync(count);
        await Expect(operation).ToHaveAttributeAsync("open", "");
        await Expect(operation.Locator("summary").First).ToBeFocusedAsync();
        await Expect(operation.Locator(".scope")).ToHaveTextAsync("admin");
        await Expect(operation.Locator(".codes")).ToContainTextAsync("insufficient_scope");
        await Expect(operation.Locator(".example")).ToContainTextAsync("\"name\"");
        await Expect(operation.Locator(".curl")).ToContainTextAsync("curl -X POST");
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        await operation.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();
        await Expect(operation.GetByText("Copied.")).ToBeVisibleAsync();
        Assert.StartsWith("curl -X POST", await page.EvaluateAsync<string>("() => navigator.clipboard.readText()"), StringComparison.Ordinal);

        // By the keyboard alone.
        await operation.Locator("summary").First.PressAsync("Enter");
        await Expect(operation).Not.ToHaveAttributeAsync("open", "");
        // Every operation can be shown; axe looks at some.
        await page.EvaluateAsync("() => document.querySelectorAll('details').forEach(one => { one.open = true })");
        await Expect(page.Locator(".operation > div")).ToHaveCountAsync(count);
        await page.EvaluateAsync("() => document.querySelectorAll('.answer').forEach(one => { one.open = true })");
        await page.GetByLabel("Search").FillAsync("post /v1/connections");
        await visit.JudgeAsync();
        visit.AssertNothingToComplainOf();
    }

    [Fact]
    public async Task A_document_is_shown_as_text_to_an_end_and_says_what_is_missing()
    {
        const string document = """
            {
              "openapi": "3.1.1", "info": { "title": "T", "version": "v1", "description": "All. Incomplete: runner did not answer." },
              "paths": { "/v1/trees/{id}": { "put": {
                "operationId": "PutTree", "summary": "<img src=x onerror=alert(1)>", "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Tree" }, "example": { "says": "it's $(id)" } } } },
                "responses": { "200": { "description": "<b>bold</b>", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Tree" } } } }, "404": { "$ref": "#/components/responses/Nowhere" } } } } },
              "components": { "schemas": {
                "Tree": { "type": "object", "required": ["says"], "properties": { "says": { "type": "string" }, "below": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } }, "self": { "$ref": "#/components/schemas/Loop" } } },
                "Loop": { "$ref": "#/components/schemas/Loop" } } }
            }
            """;
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;
        await page.RouteAsync("**/openapi.json", route => route.FulfillAsync(new() { ContentType = "application/json", Body = document }));

        await page.GotoAsync("/docs#PutTree");

        var operation = page.Locator("#PutTree");
        await Expect(page.Locator(".warning")).ToContainTextAsync("Incomplete: runner did not answer.");
        await Expect(operation).ToHaveAttributeAsync("open", "");
        await Expect(operation.Locator(".says")).ToHaveTextAsync("<img src=x onerror=alert(1)>");
        await Expect(operation.Locator(".answer").First).ToContainTextAsync("<b>bold</b>");
        await Expect(operation.GetByText("Tree, as above.").First).ToBeVisibleAsync();
        await Expect(operation.Locator(".curl")).ToContainTextAsync("/v1/trees/$ID\"");
        await Expect(operation.Locator(".curl")).ToContainTextAsync("it'\\''s $(id)");
        await visit.JudgeAsync();
        visit.AssertNothingToComplainOf();
    }
}
