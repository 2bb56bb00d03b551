using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Platform.Tests.Chaos;
using static Microsoft.Playwright.Assertions;

namespace Platform.Tests.Console;

/// <summary>What a person does with the console, in a real browser, with the whole platform behind it.</summary>
public sealed class JourneyTests(PlatformFixture platform, Chromium chromium) : IClassFixture<Chromium>
{
    private const int FilesInTree = 1208;

    [Fact]
    public async Task A_connector_is_installed_connected_synced_and_asked()
    {
        const string name = "by-console";
        var manifest = await platform.ManifestAsync("files", name);
        var root = platform.MakeTree(name);
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;

        await page.GotoAsync("/");
        await page.GetByLabel("Token").FillAsync(platform.Token[..^1]);
        await visit.ClickAsync("Sign in");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("mistyped or cut off");
        await visit.JudgeAsync();
        await visit.SignInAsync(platform.Token);

        await visit.FollowAsync("Connectors");
        await page.GetByRole(AriaRole.Link, new() { Name = "Install" }).First.ClickAsync();
        await visit.Box("Manifest").FillAsync("""{"name": "Not A Name", "source": "Floppy"}""");
        await visit.ClickAsync("Install from JSON");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("invalid_manifest");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("source");
        await visit.JudgeAsync();
        await visit.Box("Manifest").FillAsync(manifest.ToJsonString());
        await visit.ClickAsync("Install from JSON");
        await visit.ExpectStateAsync("succeeded");
        await Expect(page.GetByRole(AriaRole.Log).Locator("p.line").First).ToBeVisibleAsync();
        await visit.JudgeAsync();

        await visit.FollowAsync("Make a connection");
        await visit.Box("Name").FillAsync(name);
        await visit.Box("root").FillAsync("relative");
        await visit.ClickAsync("Create the connection");
        await Expect(visit.Box("root")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(visit.Box("root")).ToBeFocusedAsync();
        await Expect(visit.Box("root")).ToHaveValueAsync("relative");
        await visit.JudgeAsync();
        await visit.ScreenshotAsync("connection");
        await visit.Box("root").FillAsync(root);
        await visit.ClickAsync("Create the connection");
        await visit.SeeAsync(name);

        await visit.ClickAsync("Check");
        await visit.ExpectTextAsync("The check passed.");
        await visit.JudgeAsync();

        await visit.ClickAsync("Sync now");
        await visit.ExpectStateAsync("succeeded");
        await visit.ExpectTextAsync("1,208");
        await visit.JudgeAsync();

        await ObjectsAppearAsync(visit, name);
        await ActionsAnswerAsync(visit, name);
        visit.AssertNothingToComplainOf();
    }

    [Fact]
    public async Task A_run_is_followed_live_and_cancelled_in_mid_flight()
    {
        var connector = await new ChaosConnectors(platform).InstallAsync("platform");
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;
        await visit.SignInAsync(platform.Token);
        await page.GotoAsync($"/console/connections/new?connector={connector}");
        await visit.Box("Name").FillAsync(connector);
        await visit.Box("pages").FillAsync("100000");
        await visit.Box("pause_ms").FillAsync("100");
        await page.GetByLabel("at", new() { Exact = true }).SelectOptionAsync("end");
        await page.GetByLabel("password").FillAsync("nobody-shall-see-it");
        await visit.ClickAsync("Create the connection");
        await visit.SeeAsync(connector);
        Assert.DoesNotContain("nobody-shall-see-it", await page.ContentAsync(), StringComparison.Ordinal);

        await visit.ClickAsync("Sync now");
        await visit.ExpectStateAsync("running");
        var received = page.Locator("[data-field='counts.received']");
        // It moves without another page: the mark on this one stays.
        await page.EvaluateAsync("() => { window.untouched = true; }");
        await Expect(received).ToHaveTextAsync(new Regex("^([4-9]\\d|\\d{3,}|[\\d,]{5,})$"), new() { Timeout = ConsoleVisit.LongPatience });
        await visit.JudgeAsync();
        await visit.ScreenshotAsync("run");
        await visit.ClickAsync("Cancel the run");
        await visit.ExpectStateAsync("cancelled");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel the run" })).ToHaveCountAsync(0);

        // The secret stays when the form of the connection is sent without it.
        await page.GotoAsync($"/console/connections/{connector}/edit");
        await visit.Box("pages").FillAsync("1");
        await visit.JudgeAsync();
        await visit.ClickAsync("Save");
        await visit.SeeAsync(connector);
        var options = (await platform.Api.GetAsync($"/v1/connections/{connector}"))["options"]!;
        Assert.Equal("***", (string?)options["password"]);
        Assert.Equal("1", options["pages"]!.ToString());
        visit.AssertNothingToComplainOf();
    }

    [Fact]
    public async Task Schedules_and_tokens_are_made_used_and_ended()
    {
        const string name = "console-times";
        await platform.InstallSampleAsync("files", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["root"] = platform.MakeTree(name) });
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;
        await visit.SignInAsync(platform.Token);

        await visit.FollowAsync("Schedules");
        await visit.Box("Connection").FillAsync(name);
        await visit.Box("Every").FillAsync("often");
        await visit.ClickAsync("Create the schedule");
        await Expect(visit.Box("Every")).ToHaveAttributeAsync("aria-invalid", "true");
        await visit.Box("Every").FillAsync("1d");
        await visit.ClickAsync("Create the schedule");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = name });
        await Expect(row).ToContainTextAsync("every");
        await visit.JudgeAsync();
        // What happens elsewhere comes to the page of events by itself.
        await using var beside = await chromium.VisitAsync(platform);
        await beside.SignInAsync(platform.Token);
        await beside.Page.GotoAsync($"/console/events?type=sync.completed&connection={name}");
        await Expect(beside.Page.GetByText("What happens from now on appears here.")).ToBeVisibleAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        await visit.ExpectStateAsync("succeeded");
        var completed = beside.Page.GetByRole(AriaRole.Row).Filter(new() { HasText = "sync.completed" });
        await Expect(completed).ToHaveCountAsync(1, new() { Timeout = ConsoleVisit.LongPatience });
        await completed.Locator("summary").ClickAsync();
        await Expect(completed).ToContainTextAsync("\"received\"");
        await beside.JudgeAsync();
        beside.AssertNothingToComplainOf();
        await visit.FollowAsync("Schedules");
        await row.Locator("summary").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Yes, delete" }).ClickAsync();
        await Expect(row).ToHaveCountAsync(0);

        await visit.FollowAsync("Tokens");
        await visit.Box("Name").FillAsync("console-reader");
        await visit.Box("Scopes").FillAsync("runs:read");
        await visit.ClickAsync("Create the token");
        var text = await page.Locator("#made-token").InnerTextAsync();
        await visit.JudgeAsync();
        await visit.ClickAsync("Sign out");

        await visit.SignInAsync(text);
        await page.GotoAsync("/console/tokens");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The scope admin is needed.");
        await page.GotoAsync("/console/objects");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The scope objects:read is needed.");
        await visit.JudgeAsync();
        visit.AssertNothingToComplainOf();
    }

    [Fact]
    public async Task Every_page_can_be_used_by_everybody()
    {
        await using var visit = await chromium.VisitAsync(platform);
        var page = visit.Page;
        await visit.SignInAsync(platform.Token);
        foreach (var path in new[] { "", "/connectors", "/connectors/install", "/connections", "/connections/new", "/runs", "/objects", "/actions", "/schedules", "/events", "/tokens", "/audit", "/nowhere", "/sign-in" })
        {
            await page.GotoAsync("/console" + path);
            await visit.JudgeAsync();
        }

        // What is in one row is in one line, and it is said whose times these are.
        foreach (var path in new[] { "/runs", "/events", "/audit" })
        {
            await page.GotoAsync("/console" + path);
            foreach (var edge in new[] { ".filter .field > label:not(.check)", ".filter :is(input:not([type=checkbox]), select, button, .check)" })
            {
                var tops = await page.EvaluateAsync<double[]>("edge => [...new Set([...document.querySelectorAll(edge)].map(e => e.getBoundingClientRect().top))]", edge);
                Assert.True(tops.Length <= 1, $"{edge} at {path} are at {string.Join(", ", tops)}");
            }
            await Expect(page.Locator("footer")).ToHaveTextAsync("Times are in the time zone Europe/Berlin.");
        }

        // By keyboard alone: the first stop leads past the menu.
        await page.GotoAsync("/console/runs");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();

        // A choice of colours stays, whatever the system says.
        await page.GetByLabel("Theme").SelectOptionAsync("dark");
        await page.ReloadAsync();
        Assert.Equal("dark", await page.EvaluateAsync<string>("() => getComputedStyle(document.documentElement).colorScheme"));
        visit.AssertNothingToComplainOf();
    }

    private static async Task ObjectsAppearAsync(ConsoleVisit visit, string name)
    {
        var page = visit.Page;
        await visit.FollowAsync($"Objects of {name}");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(51);
        await visit.JudgeAsync();
        await visit.ScreenshotAsync("objects", ColorScheme.Dark);
        await visit.FollowAsync("Next");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "To the beginning" })).ToBeVisibleAsync();

        foreach (var (button, lines) in new[] { ("Export as CSV", FilesInTree + 1), ("Export as NDJSON", FilesInTree) })
        {
            var download = await page.RunAndWaitForDownloadAsync(() => visit.FollowAsync(button));
            Assert.Equal(lines, (await File.ReadAllLinesAsync(await download.PathAsync(), TestContext.Current.CancellationToken)).Length);
        }

        await page.GetByRole(AriaRole.Searchbox, new() { Name = "Contains" }).FillAsync("ü.json");
        await visit.ClickAsync("Search");
        await page.GetByRole(AriaRole.Link, new() { Name = "a b/ü.json" }).ClickAsync();
        await Expect(page.GetByLabel("Metadata")).ToContainTextAsync("\"media_type\": \"application/json\"");
        await visit.JudgeAsync();
        await page.GotoAsync($"/console/objects?connection={name}&path={Uri.EscapeDataString("$.size >")}");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("bad_json_path");
    }

    private static async Task ActionsAnswerAsync(ConsoleVisit visit, string name)
    {
        var page = visit.Page;
        await page.GotoAsync($"/console/actions?connection={name}");
        await visit.JudgeAsync();
        await visit.FollowAsync("largest");
        await visit.Box("count").FillAsync("5000");
        await visit.ClickAsync("Invoke largest");
        await Expect(visit.Box("count")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(page.Locator(".errors")).ToContainTextAsync("less than 1001");
        await visit.JudgeAsync();
        await visit.ScreenshotAsync("action");
        await visit.Box("count").FillAsync("3");
        await visit.ClickAsync("Invoke largest");
        await visit.ExpectStateAsync("succeeded");
        await Expect(page.GetByLabel("Result")).ToContainTextAsync("\"path\"");
        await visit.JudgeAsync();
        await page.GotoAsync($"/console/actions?connection={name}");
        await Expect(page.GetByRole(AriaRole.Table).Last.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await page.GotoAsync($"/console/connectors/{name}");
        await visit.JudgeAsync();
        await page.GotoAsync("/console");
        await visit.ScreenshotAsync("overview");
    }
}
