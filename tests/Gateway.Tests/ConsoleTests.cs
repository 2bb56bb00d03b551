using System.Net;
using System.Net.Http.Headers;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Tests;

public sealed class ConsoleTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly TimeSpan RevokedWithin = TimeSpan.FromSeconds(5);

    /// <summary>So long may it take until the gateway knows a token that another one made.</summary>
    private static readonly TimeSpan KnownWithin = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task The_address_alone_leads_to_the_sign_in()
    {
        using var browser = Browser();

        using var root = await browser.GetAsync("/");
        using var console = await browser.GetAsync("/console");
        using var page = await browser.GetAsync("/console/runs?state=failed");
        using var signIn = await browser.GetAsync("/console/sign-in");

        Assert.Equal("/console", root.Headers.Location?.OriginalString);
        Assert.Equal("/console/sign-in?return=%2Fconsole", console.Headers.Location?.OriginalString);
        Assert.Equal("/console/sign-in?return=%2Fconsole%2Fruns%3Fstate%3Dfailed", page.Headers.Location?.OriginalString);
        Assert.Equal(HttpStatusCode.OK, signIn.StatusCode);
    }

    [Theory]
    [InlineData("/console/sign-in")]
    [InlineData("/console/assets/console.css")]
    [InlineData("/console/assets/console.js")]
    [InlineData("/console/assets/theme.js")]
    [InlineData("/console/assets/icon.svg")]
    [InlineData("/")]
    [InlineData("/console/runs")]
    public async Task Every_answer_says_what_a_browser_may_do_with_it(string path)
    {
        using var browser = Browser();
        using var response = await browser.GetAsync(path);

        Assert.True((int)response.StatusCode < 400, response.ToString());
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
    }

    [Fact]
    public async Task Pages_have_nothing_that_their_policy_forbids()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        foreach (var path in new[] { "/console/sign-in", "/console", "/console/tokens", "/console/connectors/install", "/console/nowhere" })
        {
            var html = await (await browser.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain(" style=", html, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotMatch("<script(?![^>]* src=)", html);
            Assert.DoesNotMatch(" on[a-z]+=\"", html);
        }
    }

    [Theory]
    [InlineData("", 401, "has no token", "Paste a token")]
    [InlineData("cpt_mistyped", 401, "checksum does not fit", "Paste the token whole")]
    [InlineData("{unknown}", 401, "unknown here or revoked", "Paste the token whole")]
    [InlineData("{expired}", 401, "has expired", "Use another token")]
    [InlineData("{elsewhere}", 403, "certain addresses only", "Use it where it was made for")]
    public async Task A_token_that_is_no_good_does_not_sign_in(string token, int status, string words, string remedy)
    {
        using var browser = Browser();
        token = token switch
        {
            "{unknown}" => TokenText.Create(),
            "{expired}" => await gateway.AddTokenAsync(expires: DateTime.UtcNow.AddMinutes(-1)),
            "{elsewhere}" => await gateway.AddTokenAsync(),
            _ => token,
        };
        if (status == 403) await gateway.ExecuteAsync("UPDATE tokens SET addresses = '{192.0.2.0/24}' WHERE hash = $1", TokenText.Hash(token));

        var answer = await UntilAsync(async () =>
        {
            using var response = await browser.SignInAsync(token);
            return (Status: (int)response.StatusCode, Text: await TextAsync(response));
        }, answer => answer.Text.Contains(words, StringComparison.Ordinal));

        Assert.Equal(status, answer.Status);
        Assert.Contains(remedy, answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.CookiesFor("/console"), cookie => cookie.Name == "platform_console");
    }

    [Fact]
    public async Task The_token_is_kept_out_of_reach_of_scripts_and_other_sites()
    {
        using var browser = Browser();
        using var response = await browser.SignInAsync(gateway.Bootstrap);

        Assert.Equal("/console", response.Headers.Location?.AbsolutePath);
        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), header => header.StartsWith("platform_console=", StringComparison.Ordinal));
        Assert.Contains("; httponly", cookie, StringComparison.Ordinal);
        Assert.Contains("; samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Contains("; path=/console", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("expires", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains(gateway.Bootstrap, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/console/runs?state=failed", "/console/runs?state=failed")]
    [InlineData("//evil.example/console", "/console")]
    [InlineData("https://evil.example/console", "/console")]
    [InlineData("/console/../v1/tokens", "/console")]
    [InlineData("/\\evil.example", "/console")]
    [InlineData("/consoleX", "/console")]
    [InlineData("/console/sign-in?return=x", "/console")]
    public async Task After_the_sign_in_comes_a_page_of_this_console(string wanted, string expected)
    {
        using var browser = Browser();
        using var response = await browser.SignInAsync(gateway.Bootstrap, "/console/sign-in?return=" + Uri.EscapeDataString(wanted));

        Assert.Equal(HttpStatusCode.Found, response.StatusCode);
        Assert.Equal(expected, new Uri(browser.Gateway, response.Headers.Location!).PathAndQuery);
        Assert.Equal(browser.Gateway.Authority, new Uri(browser.Gateway, response.Headers.Location!).Authority);
    }

    [Fact]
    public async Task Services_hear_whose_token_it_is_and_never_the_token()
    {
        var text = await gateway.AddTokenAsync("connectors:read runs:read:docs-*");
        using var browser = await SignedInAsync(text);

        using var response = await browser.GetAsync("/console/connectors");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("No connector is installed", await TextAsync(response), StringComparison.Ordinal);
        var heard = gateway.Stub.Received["/v1/connectors"];
        Assert.Equal("connectors:read runs:read:docs-*", heard["X-Platform-Scopes"]);
        Assert.StartsWith("t", heard["X-Platform-Actor"], StringComparison.Ordinal);
        Assert.Equal(GatewayFixture.Secret, heard["X-Platform-Secret"]);
        Assert.DoesNotContain(heard, header => header.Value.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Streams_pass_through_under_the_cookie_and_end_with_the_token()
    {
        var text = await gateway.AddTokenAsync();
        using var browser = await SignedInAsync(text);
        using var response = await browser.GetAsync("/console/installs/1/log", HttpCompletionOption.ResponseHeadersRead);
        using var stream = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.Equal("event: line", await stream.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(gateway.Stub.Received["/v1/installs/1/log"], header => header.Value.Contains(text, StringComparison.Ordinal));

        await gateway.RevokeAsync(text);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(RevokedWithin);
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await stream.ReadLineAsync(deadline.Token) is not null) { }
            throw new IOException("The stream ended.");
        });
        using var after = await browser.GetAsync("/console/runs");
        Assert.Contains("why=invalid_token", after.Headers.Location?.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cookie_opens_the_console_alone_and_the_header_never_does()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        Assert.DoesNotContain(browser.CookiesFor("/v1/connectors"), cookie => cookie.Name == "platform_console");

        using var forced = new HttpRequestMessage(HttpMethod.Get, "/v1/connectors");
        forced.Headers.Add("Cookie", "platform_console=" + gateway.Bootstrap);
        using var withCookie = await browser.SendAsync(forced);
        using var bearer = await gateway.SendAsync(HttpMethod.Get, "/console/installs/1/log", "Bearer " + gateway.Bootstrap);

        Assert.Equal(HttpStatusCode.Unauthorized, withCookie.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, bearer.StatusCode);
        Assert.Equal("sign_in_required", (await GatewayFixture.ProblemAsync(bearer)).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/console/sign-in", "sign-in")]
    [InlineData("/console/sign-out", null)]
    [InlineData("/console/tokens", "create")]
    public async Task A_form_from_elsewhere_is_refused(string path, string? handler)
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        KeyValuePair<string, string>[] fields = [new("_handler", handler ?? ""), new("token", gateway.Bootstrap), new("name", "forged"), new("scopes", "admin")];

        using var without = await browser.PostAsync(path, fields);
        using var forged = await browser.PostAsync(path, [.. fields, new("__RequestVerificationToken", "CfDJ8forged")]);

        foreach (var refused in new[] { without, forged })
        {
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("text/html", refused.Content.Headers.ContentType?.MediaType);
            Assert.Contains("form_refused", await TextAsync(refused), StringComparison.Ordinal);
            Assert.False(refused.Headers.Contains("Set-Cookie"));
        }
        Assert.DoesNotContain("forged", await TextAsync(await browser.GetAsync("/console/tokens")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_can_be_sent_to_another_replica_and_after_a_restart()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        var hidden = await browser.HiddenAsync("/console/tokens", "create");
        var cookies = string.Join("; ", browser.CookiesFor("/console").Select(cookie => $"{cookie.Name}={cookie.Value}"));

        await gateway.WithReplicaAsync(async replica =>
        {
            using var plain = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = replica };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/console/tokens") { Content = new FormUrlEncodedContent([.. hidden, new("name", "by-a-replica"), new("scopes", "runs:read")]) };
            request.Headers.Add("Cookie", cookies);
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
            using var response = await plain.SendAsync(request, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("by-a-replica", await TextAsync(response), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_page_that_the_token_may_not_see_names_the_scope()
    {
        using var browser = await SignedInAsync(await gateway.AddTokenAsync("runs:read"));
        gateway.Stub.Lacking["/v1/connections"] = "connections:read";
        try
        {
            using var tokens = await browser.GetAsync("/console/tokens");
            using var connections = await browser.GetAsync("/console/connections");

            Assert.Equal(HttpStatusCode.Forbidden, tokens.StatusCode);
            Assert.Contains("The scope admin is needed", await TextAsync(tokens), StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Forbidden, connections.StatusCode);
            Assert.Contains("The scope connections:read is needed", await TextAsync(connections), StringComparison.Ordinal);
        }
        finally
        {
            gateway.Stub.Lacking.Clear();
        }
    }

    [Fact]
    public async Task A_service_that_is_away_is_told_in_the_page()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        using var response = await browser.GetAsync("/console/runs");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("The service runner can't be reached", await TextAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_made_rotated_and_revoked_and_its_text_shown_once()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        using var wrong = await browser.SubmitAsync("/console/tokens", "create", ("name", "Not A Name"), ("scopes", "runs:reed"));
        using var made = await browser.SubmitAsync("/console/tokens", "create", ("name", "made-here"), ("scopes", "runs:read\r\nobjects:read"), ("expires_at", "2031-12-31"));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        var refused = await TextAsync(wrong);
        Assert.Contains("A name has 1 to 64", refused, StringComparison.Ordinal);
        Assert.Contains("There is no such scope", refused, StringComparison.Ordinal);
        Assert.Contains("value=\"Not A Name\"", refused, StringComparison.Ordinal);
        var text = System.Text.RegularExpressions.Regex.Match(await TextAsync(made), "cpt_[0-9a-z]{38}").Value;
        Assert.True(TokenText.IsWellFormed(text));
        Assert.True(made.Headers.CacheControl?.NoStore);
        Assert.DoesNotContain(text, await TextAsync(await browser.GetAsync("/console/tokens")), StringComparison.Ordinal);
        using (var works = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + text)) Assert.Equal(HttpStatusCode.OK, works.StatusCode);

        var id = (await (await gateway.GetAsync("/v1/tokens/made-here")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\"id\":\"")[1][..36];
        using var revoked = await browser.SubmitAsync("/console/tokens", "revoke-" + id);
        using var over = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + text);
        Assert.Equal(HttpStatusCode.OK, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, over.StatusCode);
    }

    [Fact]
    public async Task A_token_that_has_expired_is_marked_and_can_be_revoked_alone()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        await gateway.AddTokenAsync("runs:read:it-is-over", expires: DateTime.UtcNow.AddMinutes(-1));
        await gateway.AddTokenAsync("runs:read:it-goes-on", expires: DateTime.UtcNow.AddHours(1));

        var rows = (await TextAsync(await browser.GetAsync("/console/tokens"))).Split("<tr>");

        var over = Assert.Single(rows, row => row.Contains("it-is-over", StringComparison.Ordinal));
        Assert.Contains(">expired<", over, StringComparison.Ordinal);
        Assert.Contains("Revoke…", over, StringComparison.Ordinal);
        Assert.DoesNotContain("Rotate…", over, StringComparison.Ordinal);
        var alive = Assert.Single(rows, row => row.Contains("it-goes-on", StringComparison.Ordinal));
        Assert.DoesNotContain(">expired<", alive, StringComparison.Ordinal);
        Assert.Contains("Rotate…", alive, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_changed_here_is_in_the_audit_log_as_any_other_request()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        using var failed = await browser.SignInAsync("cpt_mistyped");
        using var made = await browser.SubmitAsync("/console/tokens", "create", ("name", "audited"), ("scopes", "runs:read"));
        using var asked = await browser.SubmitAsync("/console/connectors/install", "url", ("url", "https://example.org/manifest.json"));

        using var page = await browser.GetAsync("/console/audit?path=/v1");
        var log = await TextAsync(page);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Matches("<th scope=\"row\">bootstrap</th>\\s*<td>[^<]*</td>\\s*<td class=\"long\"><code>POST /v1/tokens</code>", log);
        Assert.Contains("POST /v1/connectors", log, StringComparison.Ordinal);
        using var refused = await browser.GetAsync("/console/audit?denied=true");
        Assert.Matches("<th scope=\"row\">nobody</th>\\s*<td>[^<]*</td>\\s*<td class=\"long\"><code>POST /console/sign-in</code></td>\\s*<td class=\"number\">401</td>\\s*<td>invalid_token</td>", await TextAsync(refused));
    }

    [Fact]
    public async Task Whoever_signs_out_is_out()
    {
        using var browser = await SignedInAsync(gateway.Bootstrap);
        using var response = await browser.PostAsync("/console/sign-out", await browser.HiddenAsync("/console/tokens", ""));

        Assert.Equal("/console/sign-in", response.Headers.Location?.OriginalString);
        Assert.DoesNotContain(browser.CookiesFor("/console"), cookie => cookie.Name == "platform_console");
        using var after = await browser.GetAsync("/console/tokens");
        Assert.Equal(HttpStatusCode.Found, after.StatusCode);
    }

    private ConsoleBrowser Browser() => new(gateway.Client.BaseAddress!);

    private async Task<ConsoleBrowser> SignedInAsync(string token)
    {
        var browser = Browser();
        await UntilAsync(async () =>
        {
            using var response = await browser.SignInAsync(token);
            return response.StatusCode;
        }, status => status == HttpStatusCode.Found);
        return browser;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> enough)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (enough(answer)) return answer;
            Assert.True(TimeProvider.System.GetElapsedTime(since) < KnownWithin, $"Not within {KnownWithin.TotalSeconds} s; at the end: {answer}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> TextAsync(HttpResponseMessage response) =>
        WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
}
