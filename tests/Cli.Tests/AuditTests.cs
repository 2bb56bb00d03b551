using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Platform.Cli.Tests;

public sealed class AuditTests
{
    private const string Entry = """{"id":7,"at":"2026-01-02T00:00:00Z","actor":null,"token_id":null,"address":"192.0.2.1","method":"GET","path":"/v1/runs","status":401,"code":"token_required","trace_id":"0af7651916cd43dd8448eb211c80319c"}""";

    [Fact]
    public async Task The_audit_log_is_a_table_and_its_filters_reach_the_gateway()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/audit?actor=reporting&path=%2Fv1%2Fruns&denied=true&since=2026-01-01T00%3A00%3A00.0000000%2B00%3A00&limit=1", $$"""{"items":[{{Entry}}],"next":"more"}""");

        var answer = await Cli.RunAsync(stub.Url, "audit", "--actor", "reporting", "--path", "/v1/runs", "--denied", "--since", "2026-01-01T00:00:00Z", "--limit", "1");

        Assert.Equal((0, "at\tactor\tfrom\tmethod\tpath\tstatus\tcode\n2026-01-02 00:00:00Z\t-\t192.0.2.1\tGET\t/v1/runs\t401\ttoken_required"), (answer.ExitCode, answer.Output.TrimEnd('\n')));
        Assert.Contains("--cursor more", answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90s", 0.025)]
    [InlineData("1h", 1)]
    [InlineData("1h30m", 1.5)]
    [InlineData("2d", 48)]
    [InlineData("1w", 168)]
    public async Task A_time_can_be_given_back_from_now(string given, double hours)
    {
        await using var stub = await StubGateway.StartAsync();

        await Cli.RunAsync(stub.Url, "audit", "--since", given);

        var query = QueryHelpers.ParseQuery(new Uri(stub.Url + stub.Requests.Single().Request[4..]).Query);
        var since = DateTimeOffset.Parse(query["since"].Single()!, CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow.AddHours(-hours) - since, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("1x")]
    [InlineData("h")]
    [InlineData("999999999999d")]
    public async Task What_is_no_time_is_told_with_the_form_of_one(string given)
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:1", "audit", "--until", given);

        Assert.Equal(new Answer(2, "", $"error bad_usage: --until is '{given}': a time such as 2030-01-31T08:00:00Z, or back from now such as 1h or 2d.\n  to do: platform audit --help"), answer);
    }
}
