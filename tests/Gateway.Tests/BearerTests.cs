using System.Net;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Tests;

public sealed class BearerTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private static readonly TimeSpan RevokedWithin = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(null, 401, null, "token_required")]
    [InlineData("Basic YTpi", 401, null, "token_required")]
    [InlineData("Bearer", 400, "invalid_request", "invalid_request")]
    [InlineData("Bearer ", 400, "invalid_request", "invalid_request")]
    [InlineData("Bearer two words", 400, "invalid_request", "invalid_request")]
    [InlineData("Bearer quo\"te", 400, "invalid_request", "invalid_request")]
    [InlineData("Bearer cpt_mistyped", 401, "invalid_token", "invalid_token")]
    [InlineData("bearer {unknown}", 401, "invalid_token", "invalid_token")]
    [InlineData("Bearer {expired}", 401, "invalid_token", "invalid_token")]
    public async Task Bad_credentials_are_answered_as_RFC_6750_says(string? authorization, int status, string? error, string code)
    {
        authorization = authorization?.Replace("{unknown}", TokenText.Create(), StringComparison.Ordinal);
        if (authorization?.Contains("{expired}", StringComparison.Ordinal) == true)
        {
            var expired = await gateway.AddTokenAsync(expires: DateTime.UtcNow.AddMinutes(-1));
            authorization = authorization.Replace("{expired}", expired, StringComparison.Ordinal);
        }

        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", authorization);

        Assert.Equal(status, (int)response.StatusCode);
        var challenge = Assert.Single(response.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Equal(error is null ? "realm=\"platform\"" : $"realm=\"platform\", error=\"{error}\"", challenge.Parameter);
        var problem = await GatewayFixture.ProblemAsync(response);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.NotEmpty(problem.GetProperty("remedy").GetString()!);
    }

    [Fact]
    public async Task A_mistyped_token_is_told_from_an_unknown_one()
    {
        using var mistyped = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + gateway.Bootstrap[..^1] + (gateway.Bootstrap[^1] == 'x' ? 'y' : 'x'));
        using var unknown = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + TokenText.Create());

        Assert.Contains("checksum", (await GatewayFixture.ProblemAsync(mistyped)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("unknown", (await GatewayFixture.ProblemAsync(unknown)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_authorization_headers_are_malformed()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/connectors");
        request.Headers.TryAddWithoutValidation("Authorization", ["Bearer " + gateway.Bootstrap, "Bearer " + gateway.Bootstrap]);
        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_token_in_the_query_is_no_credential()
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors?access_token=" + gateway.Bootstrap, null);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [InlineData("/health", 200)]
    [InlineData("/alive", 200)]
    [InlineData("/openapi.json", 200)]
    [InlineData("/openapi/v1.json", 401)]
    [InlineData("/console.", 401)]
    [InlineData("/health/", 401)]
    [InlineData("/nowhere", 401)]
    public async Task Only_the_probes_and_the_document_need_no_token(string path, int status)
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, path, null);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_revoked_token_is_refused_within_five_seconds()
    {
        var token = await gateway.AddTokenAsync();
        await UntilAsync(token, HttpStatusCode.OK, RevokedWithin);

        await gateway.RevokeAsync(token);

        await UntilAsync(token, HttpStatusCode.Unauthorized, RevokedWithin);
    }

    [Fact]
    public async Task A_stream_is_cut_off_when_its_token_is_revoked()
    {
        var token = await gateway.AddTokenAsync();
        await UntilAsync(token, HttpStatusCode.OK, RevokedWithin);
        using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/installs/1/log", "Bearer " + token);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: line", await reader.ReadLineAsync(TestContext.Current.CancellationToken));

        await gateway.RevokeAsync(token);

        var rest = reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Same(rest, await Task.WhenAny(rest, Task.Delay(RevokedWithin, TestContext.Current.CancellationToken)));
        await Assert.ThrowsAnyAsync<Exception>(() => rest);
    }

    [Fact]
    public async Task Last_use_is_written_down()
    {
        var token = await gateway.AddTokenAsync();
        await UntilAsync(token, HttpStatusCode.OK, RevokedWithin);

        await using var source = Npgsql.NpgsqlDataSource.Create(gateway.Database);
        var deadline = DateTime.UtcNow + RevokedWithin;
        while (true)
        {
            await using var command = source.CreateCommand("SELECT last_used_at IS NOT NULL FROM tokens WHERE hash = $1");
            command.Parameters.Add(new Npgsql.NpgsqlParameter { Value = TokenText.Hash(token) });
            if (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true) return;
            Assert.True(DateTime.UtcNow < deadline, "last_used_at stayed empty");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Neither_log_nor_database_has_a_token_in_clear()
    {
        using var good = await gateway.GetAsync("/v1/connectors");
        using var bad = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + gateway.Bootstrap[..^2]);
        using var misplaced = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors?access_token=" + gateway.Bootstrap, null);

        Assert.NotEmpty(gateway.Log.Lines);
        var body = gateway.Bootstrap.Substring(TokenText.Prefix.Length, 20);
        Assert.DoesNotContain(gateway.Log.Lines, line => line.Contains(body, StringComparison.Ordinal) || line.Contains(GatewayFixture.Secret, StringComparison.Ordinal));

        await using var source = Npgsql.NpgsqlDataSource.Create(gateway.Database);
        await using var command = source.CreateCommand("SELECT string_agg(t::text, ' ') FROM tokens t");
        var rows = (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        Assert.Contains("bootstrap", rows, StringComparison.Ordinal);
        Assert.DoesNotContain(body, rows, StringComparison.Ordinal);
    }

    private async Task UntilAsync(string token, HttpStatusCode status, TimeSpan within)
    {
        for (var deadline = DateTime.UtcNow + within; ; await Task.Delay(100, TestContext.Current.CancellationToken))
        {
            var seen = "cut off";
            try
            {
                using var response = await gateway.SendAsync(HttpMethod.Get, "/v1/connectors", "Bearer " + token);
                if (response.StatusCode == status) return;
                seen = response.StatusCode.ToString();
            }
            catch (HttpRequestException) when (status == HttpStatusCode.Unauthorized)
            {
                // A request that is under way when its token is revoked is cut off, as streams are; the next one is refused.
            }
            Assert.True(DateTime.UtcNow < deadline, $"Still {seen} after {within.TotalSeconds} s");
        }
    }
}
