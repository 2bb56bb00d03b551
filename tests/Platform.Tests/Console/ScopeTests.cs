using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Platform.Gateway.Tests;
using Platform.Tests.Chaos;

namespace Platform.Tests.Console;

/// <summary>The console for whoever may not do everything: each page is one, with what it has or the scope that is lacking.</summary>
public sealed partial class ScopeTests(PlatformFixture platform)
{
    private const string Seen = "docs-seen", Kept = "kept-from-docs", Connector = "scoped";
    private const int OfAKind = 5;

    private static readonly string[] Fixed =
    [
        "/console", "/console/connectors", "/console/connectors/install", "/console/connectors/nope", "/console/connections", "/console/connections/new",
        "/console/connections/new?connector=nope", "/console/connections/nope", "/console/connections/nope/edit", "/console/runs", "/console/runs?connection=nope", "/console/runs/nope",
        "/console/objects", "/console/objects?connection=nope", "/console/objects/show", "/console/objects/show?connection=docs-seen&remote_id=nope", "/console/actions",
        "/console/actions?connection=nope", "/console/actions/nope/x", "/console/actions/docs-seen/nope", "/console/schedules", "/console/events", "/console/events?connection=nope",
        "/console/tokens", "/console/audit", "/console/nowhere", $"/console/connectors/{Connector}", $"/console/connections/new?connector={Connector}",
    ];

    [Fact]
    public async Task Whatever_a_token_lacks_each_page_says_so_itself()
    {
        string[] pages = [.. Fixed, .. await FillAsync()];
        await WalkAsync(pages, "runs:read");
        await WalkAsync(pages, "objects:read");
        await WalkAsync(pages, "connections:read:docs*", "runs:read:docs*", "objects:read:docs*", "events:read:docs*");
        await WalkAsync(pages, "connections:read:docs*", "connections:write:docs*");
    }

    [Fact]
    public async Task Options_are_not_lost_in_a_form_that_can_t_show_them()
    {
        const string name = "docs-form", form = $"/console/connections/{name}/edit";
        var connector = await new ChaosConnectors(platform).InstallAsync("platform");
        await platform.Api.ConnectAsync(name, connector, new JsonObject { ["pages"] = 7, ["pause_ms"] = 70, ["password"] = "kept" });
        using var browser = await SignInAsync("connections:read:docs*", "connections:write:docs*");

        await ChangeAsync(("streams", "one"));
        await ChangeAsync(("options", """{"pages": 9}"""));

        var options = (await platform.Api.GetAsync($"/v1/connections/{name}"))["options"]!;
        Assert.Equal(("9", "70", "***"), (options["pages"]!.ToString(), options["pause_ms"]!.ToString(), (string?)options["password"]));

        async Task ChangeAsync(params (string, string)[] values)
        {
            using var page = await browser.GetAsync(form);
            var version = Version().Match(await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Groups[1].Value;
            using var changed = await browser.SubmitAsync(form, "change", [("version", version), .. values]);
            Assert.True(changed.StatusCode == HttpStatusCode.Found, await changed.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Two connections with a run, an invocation and a schedule each, and the pages of these.</summary>
    private async Task<IReadOnlyList<string>> FillAsync()
    {
        var install = await platform.Api.InstallAsync(await platform.ManifestAsync("files", Connector));
        Assert.True((string?)install["state"] == "succeeded", install.ToJsonString());
        List<string> pages = [$"/console/installs/{install["id"]}"];
        foreach (var name in new[] { Seen, Kept })
        {
            var root = Directory.CreateDirectory(Path.Combine(platform.Sources, name)).FullName;
            await File.WriteAllTextAsync(Path.Combine(root, "a.txt"), "a");
            await platform.Api.ConnectAsync(name, Connector, new JsonObject { ["root"] = root });
            var run = await platform.Api.SyncAsync(name);
            Assert.True((string?)run["state"] == "succeeded", run.ToJsonString());
            var invocation = await MakeAsync($"/v1/connections/{name}/actions/largest", """{"arguments": {"count": 1}, "wait_seconds": 10}""");
            await MakeAsync("/v1/schedules", $$"""{"connection": "{{name}}", "name": "daily", "interval": "1d"}""");
            pages.AddRange(
            [
                $"/console/connections/{name}", $"/console/connections/{name}/edit", $"/console/runs?connection={name}", $"/console/runs/{run["id"]}", $"/console/objects?connection={name}",
                $"/console/objects/show?connection={name}&remote_id=a.txt", $"/console/actions?connection={name}", $"/console/actions/{name}/largest",
                $"/console/invocations/{invocation["id"]}", $"/console/events?connection={name}",
            ]);
        }
        return pages;
    }

    /// <summary>The pages, and what they link to; a few of each kind, as lists of what other tests have made lead to thousands.</summary>
    private async Task WalkAsync(IEnumerable<string> pages, params string[] scopes)
    {
        using var browser = await SignInAsync(scopes);
        var known = pages.ToHashSet();
        var queue = new Queue<string>(known);
        var kinds = new Dictionary<string, int>();
        List<string> wrong = [];
        while (queue.TryDequeue(out var page))
        {
            using var response = await browser.GetAsync(page);
            var html = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            if (Complaint(page, response, html, scopes) is { } complaint) wrong.Add($"{page} gives {(int)response.StatusCode}: {complaint}");
            foreach (var link in Links().Matches(html).Select(match => match.Groups[1].Value).Where(link => !NoPage().IsMatch(link)))
                if (known.Add(link) && (kinds[KindOf(link)] = kinds.GetValueOrDefault(KindOf(link)) + 1) <= OfAKind) queue.Enqueue(link);
        }
        Assert.True(wrong.Count == 0, $"With {string.Join(' ', scopes)}:\n{string.Join('\n', wrong)}");
    }

    // Lists and what is in them differ by their depth, and searches by what they ask for.
    private static string KindOf(string link)
    {
        var uri = new Uri("http://gateway" + link);
        return $"{string.Concat(uri.Segments.Take(3))} {uri.Segments.Length} {string.Join(' ', QueryHelpers.ParseQuery(uri.Query).Keys.Order(StringComparer.Ordinal))}";
    }

    private async Task<ConsoleBrowser> SignInAsync(params string[] scopes)
    {
        var token = await MakeAsync("/v1/tokens", new JsonObject { ["name"] = $"walk-{Guid.NewGuid():N}", ["scopes"] = new JsonArray([.. scopes.Select(scope => JsonValue.Create(scope))]) }.ToJsonString());
        var browser = new ConsoleBrowser(platform.GatewayUrl);
        using var signedIn = await browser.SignInAsync((string)token["token"]!);
        Assert.Equal(HttpStatusCode.Found, signedIn.StatusCode);
        return browser;
    }

    private static string? Complaint(string page, HttpResponseMessage response, string html, string[] scopes) => (int)response.StatusCode switch
    {
        _ when response.Content.Headers.ContentType?.MediaType != "text/html" => $"no page but {html[..Math.Min(html.Length, 200)]}",
        _ when !html.Contains("<nav aria-label=\"Pages\">", StringComparison.Ordinal) || !html.Contains("<h1", StringComparison.Ordinal) => "no frame of the console",
        _ when scopes.All(scope => scope.EndsWith(":docs*", StringComparison.Ordinal)) && !page.Contains(Kept, StringComparison.Ordinal) && html.Contains(Kept, StringComparison.Ordinal) =>
            $"it tells of {Kept}",
        200 => html.Contains("class=\"problem\"", StringComparison.Ordinal) ? "a problem that its status hides" : null,
        400 or 404 => html.Contains("class=\"problem\"", StringComparison.Ordinal) ? null : "no word of what is missing",
        403 => Lacking().IsMatch(html) ? null : "no word of the scope",
        _ => "neither content nor what is lacking",
    };

    private async Task<JsonNode> MakeAsync(string path, string json)
    {
        var (status, body, _) = await platform.Api.SendAsync(HttpMethod.Post, path, json);
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Created, $"{path}: {status} {body}");
        return body!;
    }

    [GeneratedRegex("<a [^>]*href=\"(/console[^\"#]*)")]
    private static partial Regex Links();

    [GeneratedRegex("name=\"version\" value=\"([^\"]+)\"")]
    private static partial Regex Version();

    // What is downloaded.
    [GeneratedRegex("^/console/(objects/export|invocations/[^/]+/result)")]
    private static partial Regex NoPage();

    [GeneratedRegex(@"The scope [a-z]+(:[a-z]+)? is needed")]
    private static partial Regex Lacking();
}
