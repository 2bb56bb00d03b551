using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Tests;

public sealed class TokenTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static int names;

    [Fact]
    public async Task A_token_is_shown_once_works_at_once_and_is_kept_as_its_hash()
    {
        var name = Name();
        using var response = await SendAsync(HttpMethod.Post, "/v1/tokens", new { name, scopes = (string[])["objects:read", "runs:read"] });

        var made = await JsonAsync(response, HttpStatusCode.Created);
        var text = Text(made);
        Assert.True(TokenText.IsWellFormed(text));
        Assert.Equal($"/v1/tokens/{made.GetProperty("id")}", response.Headers.Location?.ToString());
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal(HttpStatusCode.OK, await UseAsync(text));
        var listed = (await JsonAsync(await SendAsync(HttpMethod.Get, "/v1/tokens"))).GetProperty("items").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        Assert.False(listed.TryGetProperty("token", out _));
        Assert.Equal("bootstrap", listed.GetProperty("created_by").GetString());
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains(text, StringComparison.Ordinal));
        var shown = await JsonAsync(await SendAsync(HttpMethod.Get, $"/v1/tokens/{name}"));
        Assert.Equal(made.GetProperty("id").GetGuid(), shown.GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task All_that_is_wrong_with_a_request_is_said_at_once()
    {
        using var response = await SendAsync(HttpMethod.Post, "/v1/tokens", new
        {
            name = "Not so", scopes = (string[])["runs:read", "run:start"], expires_at = DateTimeOffset.UtcNow.AddDays(-1), addresses = (string[])["10.0.0.0/8", "10.0.0.0/33", "here"],
        });

        var problem = await ProblemAsync(response, HttpStatusCode.UnprocessableEntity, "invalid_token_request");
        Assert.Equal(
            ["name invalid_name", "scopes[1] unknown_scope", "expires_at out_of_range", "addresses[1] invalid_address", "addresses[2] invalid_address"],
            problem.GetProperty("errors").EnumerateArray().Select(e => $"{e.GetProperty("field")} {e.GetProperty("code")}"));
        Assert.Contains("Is runs:start meant?", problem.GetRawText(), StringComparison.Ordinal);

        using var unlike = await SendAsync(HttpMethod.Post, "/v1/tokens", new { name = "a", scopes = (string[])["admin:docs", "frobnicate"] });
        Assert.Equal(
            [
                "admin can't be restricted to connections.",
                "There is no such scope. Known are connectors:read, connectors:install, connections:read, connections:write, runs:read, runs:start, objects:read, objects:write, actions:read, actions:invoke, events:read, webhooks:write, admin.",
            ],
            (await ProblemAsync(unlike, HttpStatusCode.UnprocessableEntity, "invalid_token_request")).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("message").GetString()));

        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens", new { }), HttpStatusCode.UnprocessableEntity, "invalid_token_request");
    }

    [Fact]
    public async Task A_name_is_one_tokens_until_that_is_revoked()
    {
        var name = Name();
        var first = await MakeAsync(name);
        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens", new { name, scopes = (string[])["admin"] }), HttpStatusCode.Conflict, "token_exists");

        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"/v1/tokens/{name}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(first));
        Assert.Equal(HttpStatusCode.OK, await UseAsync(await MakeAsync(name)));

        var all = (await JsonAsync(await SendAsync(HttpMethod.Get, "/v1/tokens?revoked=true"))).GetProperty("items").EnumerateArray().Where(item => item.GetProperty("name").GetString() == name);
        Assert.Equal([false, true], all.Select(item => item.GetProperty("revoked_at").ValueKind == JsonValueKind.String));
    }

    [Fact]
    public async Task A_rotated_token_has_two_texts_for_a_while_and_both_end_when_it_is_revoked()
    {
        var name = Name();
        var before = await MakeAsync(name);

        var rotated = await JsonAsync(await SendAsync(HttpMethod.Post, $"/v1/tokens/{name}/rotate?overlap_seconds=600"));

        Assert.InRange(rotated.GetProperty("previous_until").GetDateTime() - DateTime.UtcNow, TimeSpan.FromSeconds(500), TimeSpan.FromSeconds(601));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [await UseAsync(before), await UseAsync(Text(rotated))]);
        // Without an overlap what was before ends at once, and so does what was before that.
        var again = await JsonAsync(await SendAsync(HttpMethod.Post, $"/v1/tokens/{name}/rotate?overlap_seconds=0"));
        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK],
            [await UseAsync(before), await UseAsync(Text(rotated)), await UseAsync(Text(again))]);
        var last = await JsonAsync(await SendAsync(HttpMethod.Post, $"/v1/tokens/{name}/rotate"));
        await SendAsync(HttpMethod.Delete, $"/v1/tokens/{name}");
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [await UseAsync(Text(again)), await UseAsync(Text(last))]);
    }

    [Fact]
    public async Task What_is_over_is_not_rotated_and_nobody_else_is_found()
    {
        await gateway.ExecuteAsync("INSERT INTO tokens (id, name, hash, scopes, expires_at) VALUES ($1, $2, $3, '{admin}', now() - interval '1 minute')", Guid.CreateVersion7(), "over", TokenText.Hash("over"));

        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens/over/rotate"), HttpStatusCode.Conflict, "token_over");
        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens/over/rotate?overlap_seconds=-1"), HttpStatusCode.UnprocessableEntity, "invalid_token_request");
        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens/nobody/rotate"), HttpStatusCode.NotFound, "unknown_token");
        await ProblemAsync(await SendAsync(HttpMethod.Delete, $"/v1/tokens/{Guid.NewGuid()}"), HttpStatusCode.NotFound, "unknown_token");
    }

    [Fact]
    public async Task The_platforms_own_token_stays()
    {
        await ProblemAsync(await SendAsync(HttpMethod.Delete, "/v1/tokens/bootstrap"), HttpStatusCode.Conflict, "bootstrap_token");
        await ProblemAsync(await SendAsync(HttpMethod.Post, "/v1/tokens/bootstrap/rotate"), HttpStatusCode.Conflict, "bootstrap_token");
        Assert.Contains("reserved_name", (await ProblemAsync(
            await SendAsync(HttpMethod.Post, "/v1/tokens", new { name = "bootstrap", scopes = (string[])["admin"] }), HttpStatusCode.UnprocessableEntity, "invalid_token_request")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_an_administrators_token_leads_to_the_others_whatever_headers_say()
    {
        var text = await MakeAsync(Name(), "connectors:read");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tokens") { Headers = { { "Authorization", "Bearer " + text }, { "X-Platform-Scopes", "admin" } } };
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        await ProblemAsync(response, HttpStatusCode.Forbidden, "insufficient_scope");
        Assert.Equal("realm=\"platform\", error=\"insufficient_scope\"", Assert.Single(response.Headers.WwwAuthenticate).Parameter);
        Assert.Equal(HttpStatusCode.OK, await UseAsync(text));
    }

    [Theory]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("::1", false)]
    public async Task A_token_for_certain_addresses_is_refused_from_others(string address, bool allowed)
    {
        var made = await JsonAsync(await SendAsync(HttpMethod.Post, "/v1/tokens", new { name = Name(), scopes = (string[])["admin"], addresses = (string[])[address] }), HttpStatusCode.Created);

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + Text(made));

        if (allowed) Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        else Assert.DoesNotContain(address, (await ProblemAsync(response, HttpStatusCode.Forbidden, "address_not_allowed")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_document_has_them()
    {
        var paths = (await JsonAsync(await gateway.SendAsync(HttpMethod.Get, "/openapi.json", null))).GetProperty("paths");

        Assert.Equal(["get", "post"], paths.GetProperty("/v1/tokens").EnumerateObject().Select(method => method.Name).Order());
        Assert.True(paths.TryGetProperty("/v1/tokens/{token}/rotate", out _));
    }

    private static string Name() => $"token-{Interlocked.Increment(ref names)}";

    private static string Text(JsonElement made) => made.GetProperty("token").GetString()!;

    private async Task<string> MakeAsync(string name, string scope = "admin") =>
        Text(await JsonAsync(await SendAsync(HttpMethod.Post, "/v1/tokens", new { name, scopes = (string[])[scope] }), HttpStatusCode.Created));

    private async Task<HttpStatusCode> UseAsync(string text)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + text);
        return response.StatusCode;
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null) =>
        gateway.SendAsync(method, path, "Bearer " + gateway.Bootstrap, body is null ? null : JsonContent.Create(body));

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal((status, code), (response.StatusCode, problem.GetProperty("code").GetString()));
        return problem;
    }
}
