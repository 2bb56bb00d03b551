using System.Net;

namespace Platform.Gateway.Tests;

/// <summary>A gateway that gives little.</summary>
public sealed class LimitedGatewayFixture(Servers.ServersFixture servers) : GatewayFixture(servers)
{
    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Limits:RequestsPerSecond"] = "0.1", ["Limits:Burst"] = "5", ["Limits:FailuresPerSecond"] = "0.1", ["Limits:FailureBurst"] = "3",
        ["Limits:StreamsPerToken"] = "1", ["Limits:BodyBytes"] = "1024",
    };
}

public sealed class LimitedGatewayTests(LimitedGatewayFixture gateway) : IClassFixture<LimitedGatewayFixture>
{
    [Fact]
    public async Task A_token_over_its_limit_is_told_when_to_come_back_and_the_log_has_it_once()
    {
        var token = await gateway.AddKnownTokenAsync();
        for (var i = 0; i < 5; i++) await ExpectAsync(HttpStatusCode.OK, null, token);
        var retryAfter = await ExpectAsync(HttpStatusCode.TooManyRequests, "rate_limited", token);
        Assert.InRange(retryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
        await ExpectAsync(HttpStatusCode.TooManyRequests, "rate_limited", token);
        Assert.Equal(1L, Assert.Single(await gateway.QueryAsync("SELECT count(*) FROM audit WHERE code = 'rate_limited'"))[0]);

        await ExpectAsync(HttpStatusCode.OK, null, await gateway.AddKnownTokenAsync());
    }

    [Fact]
    public async Task Who_guesses_is_slowed_down_and_a_valid_token_from_there_is_not()
    {
        for (var i = 0; i < 3; i++) await ExpectAsync(HttpStatusCode.Unauthorized, "invalid_token", "cpt_guess");
        await ExpectAsync(HttpStatusCode.TooManyRequests, "too_many_failures", "cpt_guess");
        await ExpectAsync(HttpStatusCode.OK, null, await gateway.AddKnownTokenAsync());
    }

    [Fact]
    public async Task A_token_has_so_many_streams_and_its_other_requests_go_on()
    {
        var token = await gateway.AddKnownTokenAsync();
        using var first = await gateway.SendAsync(HttpMethod.Get, "/v1/installs/1/log", "Bearer " + token);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        await ExpectAsync(HttpStatusCode.TooManyRequests, "too_many_streams", token, "/v1/installs/2/log");
        await ExpectAsync(HttpStatusCode.OK, null, token);
    }

    [Fact]
    public async Task A_body_is_as_long_as_the_setting_says()
    {
        using var content = new ByteArrayContent(new byte[1025]);
        using var response = await gateway.SendAsync(HttpMethod.Post, "/v1/connectors", "Bearer " + await gateway.AddKnownTokenAsync(), content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("1024", (await GatewayFixture.ProblemAsync(response)).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<TimeSpan?> ExpectAsync(HttpStatusCode status, string? code, string token, string path = "/v1/connectors")
    {
        using var response = await gateway.SendAsync(HttpMethod.Get, path, "Bearer " + token);
        Assert.Equal(status, response.StatusCode);
        if (code is not null) Assert.Equal(code, (await GatewayFixture.ProblemAsync(response)).GetProperty("code").GetString());
        return response.Headers.RetryAfter?.Delta;
    }
}
