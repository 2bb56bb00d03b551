using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Platform.Gateway.Tests;

/// <summary>An OpenID Connect provider, as far as a resource server sees it: its configuration and its keys.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly RsaSecurityKey key = new(RSA.Create(2048)) { KeyId = "first" };

    public TestIssuer()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Url, jwks_uri = Url + "/keys" }));
        app.MapGet("/keys", () =>
        {
            var published = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(key.Rsa.ExportParameters(false)) { KeyId = key.KeyId });
            return Results.Json(new { keys = new[] { new { kty = published.Kty, kid = published.KeyId, n = published.N, e = published.E, use = "sig", alg = "RS256" } } });
        });
        app.Start();
        Url = app.Urls.Single();
    }

    public string Url { get; }

    public string Issue(string scope = "runs:read", string audience = "platform", string? issuer = null, int seconds = 300, SecurityKey? with = null, string algorithm = "RS256", string subject = "anna@example.org")
    {
        var now = DateTime.UtcNow;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Url, Audience = audience, IssuedAt = now.AddHours(-1), NotBefore = now.AddHours(-1), Expires = now.AddSeconds(seconds),
            Claims = new Dictionary<string, object> { ["sub"] = subject, ["scope"] = scope },
            SigningCredentials = new(with ?? key, algorithm),
        });
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

public sealed class IssuerFixture(Servers.ServersFixture servers) : GatewayFixture(servers), IAsyncDisposable
{
    public TestIssuer Issuer { get; } = new();

    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["Oidc:Authority"] = Issuer.Url, ["Oidc:Audience"] = "platform" };

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await base.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}

public sealed class IssuerTests(IssuerFixture gateway) : IClassFixture<IssuerFixture>
{
    [Fact]
    public async Task A_token_of_the_issuer_names_the_caller_and_what_it_may_do()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors/issued", "Bearer " + gateway.Issuer.Issue("openid runs:read objects:read:orders-* admin:all nonsense"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var headers = gateway.Stub.Received["/v1/connectors/issued"];
        Assert.Equal(("oidc:anna@example.org", "runs:read objects:read:orders-*"), (headers["X-Platform-Actor"], headers["X-Platform-Scopes"]));
        Assert.False(headers.ContainsKey("Authorization"));
    }

    [Fact]
    public async Task A_long_token_of_the_issuer_signs_in_to_the_console_and_leaves_nothing_when_it_signs_out()
    {
        // 10,000 characters: a browser keeps 4,096 of a cookie.
        var token = gateway.Issuer.Issue("runs:read " + string.Join(' ', Enumerable.Range(0, 200).Select(n => $"objects:read:a-connection-with-quite-a-long-name-{n}")));
        Assert.InRange(token.Length, 10_000, 16_000);
        using var browser = new ConsoleBrowser(gateway.Client.BaseAddress!);

        using var signedIn = await browser.SignInAsync(token);
        Assert.Equal("/console", signedIn.Headers.Location?.AbsolutePath);
        using var page = await browser.GetAsync("/console/tokens");
        Assert.Contains("admin", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);

        using var signedOut = await browser.PostAsync("/console/sign-out", await browser.HiddenAsync("/console", ""));
        Assert.DoesNotContain(browser.CookiesFor("/console"), cookie => cookie.Name.StartsWith("platform_console", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_name_from_the_issuer_is_harmless_in_a_header()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors/named", "Bearer " + gateway.Issuer.Issue(subject: "Jürgen\r\nX-Platform-Scopes: admin"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("oidc:J?rgen??X-Platform-Scopes: admin", "runs:read"), (gateway.Stub.Received["/v1/connectors/named"]["X-Platform-Actor"], gateway.Stub.Received["/v1/connectors/named"]["X-Platform-Scopes"]));
    }

    [Theory]
    [InlineData("audience", "for another audience")]
    [InlineData("issuer", "of another issuer")]
    [InlineData("expired", "has expired")]
    [InlineData("key", "signature")]
    [InlineData("symmetric", "signature")]
    [InlineData("unsigned", "refused")]
    [InlineData("cut off", "signature")]
    public async Task Any_other_token_is_refused_with_the_reason(string what, string reason)
    {
        var good = gateway.Issuer.Issue();
        var token = what switch
        {
            "audience" => gateway.Issuer.Issue(audience: "other"),
            "issuer" => gateway.Issuer.Issue(issuer: "https://example.org"),
            "expired" => gateway.Issuer.Issue(seconds: -60),
            "key" => gateway.Issuer.Issue(with: new RsaSecurityKey(RSA.Create(2048)) { KeyId = "first" }),
            // A secret that everybody knows: the public key, as careless servers take it.
            "symmetric" => gateway.Issuer.Issue(with: new SymmetricSecurityKey(new byte[64]) { KeyId = "first" }, algorithm: "HS256"),
            "unsigned" => $"{Base64UrlEncoder.Encode("{\"alg\":\"none\",\"typ\":\"JWT\"}")}.{good.Split('.')[1]}.",
            _ => good[..^10],
        };
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/runs", "Bearer " + token);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal("invalid_token", problem.GetProperty("code").GetString());
        Assert.Contains(reason, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_with_its_token()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/installs/1/log", "Bearer " + gateway.Issuer.Issue("connectors:read", seconds: 1));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null, patience.Token));
    }

    [Fact]
    public async Task Tokens_of_the_platform_are_as_good_as_ever()
    {
        using var response = await gateway.GetAsync("/v1/connectors");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task An_issuer_that_is_away_makes_its_tokens_wait_and_no_others()
    {
        await using var elsewhere = new TestIssuer();
        using var client = new HttpClient();
        var settings = Microsoft.Extensions.Options.Options.Create(new Tokens.Issuer.IssuerSettings { Authority = "http://127.0.0.1:1", Audience = "platform" });
        var issued = new Tokens.Issuer.IssuedTokens(settings, new OneClient(client), Microsoft.Extensions.Logging.Abstractions.NullLogger<Tokens.Issuer.IssuedTokens>.Instance);
        var problem = (await Assert.ThrowsAsync<ServiceDefaults.ProblemException>(() => issued.ValidateAsync(elsewhere.Issue(), TestContext.Current.CancellationToken))).Problem;
        Assert.Equal(("service_unavailable", 503), (problem.Code, problem.Status));
    }

    private sealed class OneClient(HttpClient client) : IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => client;
    }
}
