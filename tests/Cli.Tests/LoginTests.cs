using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class LoginTests
{
    private const string Text = "cpt_of_another_platform";

    [Fact]
    public async Task What_the_gateway_accepts_is_kept_for_its_user_alone_used_before_what_up_has_kept_and_forgotten()
    {
        await using var local = await StubGateway.StartAsync();
        await using var other = (await StubGateway.StartAsync()).On("GET /v1/services", """{"healthy":true,"services":[]}""").On("GET /v1/connectors", """{"items":[],"next":null}""");
        local.On("GET /v1/connectors", """{"items":[],"next":null}""");
        using var cli = new Cli(local.Url);
        var file = Path.Combine(cli.Folder.FullName, "login.json");

        var login = await cli.RunAsync(Text + "\n", onLine: null, "login", other.Url + "/", "--token-stdin");

        Assert.Equal(new Answer(0, $"Logged in to {other.Url}. The token is kept in {file}", ""), login);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(0, (await cli.RunAsync("connectors", "list")).ExitCode);
        Assert.Equal(("GET /v1/connectors", $"Bearer {Text}"), (other.Requests.Last().Request, other.Requests.Last().Authorization));
        Assert.Empty(local.Requests);
        Assert.Contains(Cli.Token, await File.ReadAllTextAsync(cli.Config, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Assert.Equal(new Answer(0, "Logged out.", ""), await cli.RunAsync("logout"));
        Assert.Equal(0, (await cli.RunAsync("connectors", "list")).ExitCode);
        Assert.Equal($"Bearer {Cli.Token}", local.Requests.Single().Authorization);
    }

    [Fact]
    public async Task What_the_gateway_refuses_is_not_kept()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/services", """{"code":"invalid_token","status":401,"detail":"The token is unknown here or revoked."}""", 401);
        using var cli = new Cli("http://127.0.0.1:1");

        var answer = await cli.RunAsync(Text, onLine: null, "login", stub.Url, "--token-stdin", "--json");

        Assert.Equal((5, ""), (answer.ExitCode, answer.Output));
        Assert.DoesNotContain(Text, answer.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(cli.Folder.FullName, "login.json")));
    }

    [Theory]
    [InlineData("", "login", "http://127.0.0.1:1", "--token-stdin")]
    [InlineData("two words", "login", "http://127.0.0.1:1", "--token-stdin")]
    [InlineData("cpt_x", "login", "ftp://example.org", "--token-stdin")]
    [InlineData("cpt_x", "login", "https://example.org/path", "--token-stdin")]
    [InlineData("cpt_x", "login", "http://127.0.0.1:1")]
    [InlineData("cpt_x", "login", "--token-stdin")]
    public async Task What_makes_no_sense_is_wrong_usage(string input, params string[] args)
    {
        using var cli = new Cli("http://127.0.0.1:1");

        Assert.Equal(2, (await cli.RunAsync(input, null, args)).ExitCode);
    }

    [Fact]
    public async Task Without_a_platform_the_doctor_looks_at_the_machine_and_says_that_nothing_runs()
    {
        using var cli = new Cli("http://127.0.0.1:1");

        var answer = await cli.RunAsync("doctor", "--json");

        using var report = JsonDocument.Parse(answer.Output);
        var probes = report.RootElement.GetProperty("probes").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!, p => p);
        Assert.Equal(("warning", "not_reachable"), (probes["gateway"].GetProperty("state").GetString(), probes["gateway"].GetProperty("code").GetString()));
        Assert.Equal("skipped", probes["token"].GetProperty("state").GetString());
        Assert.Equal("ok", probes["dotnet"].GetProperty("state").GetString());
        Assert.Empty(((string[])["postgresql", "rabbitmq", "git", "bubblewrap", "containers", "cgroups", "python", "go", "node", "disk", "data", "port"]).Except(probes.Keys));
    }

    [Fact]
    public async Task With_one_the_doctor_says_which_service_is_ill_that_a_token_is_refused_and_that_others_can_read_it()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /alive", "{}")
            .On("GET /v1/services", """{"healthy":false,"services":[{"service":"gateway","replica":0,"state":"healthy"},{"service":"runner","replica":1,"state":"unreachable","message":"gone"}]}""")
            .On("GET /v1/services", """{"code":"invalid_token","status":401,"detail":"It is revoked."}""", 401);
        using var cli = new Cli(stub.Url);

        var ill = await cli.RunAsync("doctor");
        File.SetUnixFileMode(cli.Config, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var refused = await cli.RunAsync("doctor");

        Assert.Equal((1, 1), (ill.ExitCode, refused.ExitCode));
        Assert.Contains("error service_unreachable: runner 1: gone\n  to do: ", ill.Errors, StringComparison.Ordinal);
        Assert.Contains("ok\ttoken\tok\t", ill.Output, StringComparison.Ordinal);
        Assert.Contains("error invalid_token: token: It is revoked.\n  to do: Log in", refused.Errors, StringComparison.Ordinal);
        Assert.Contains($"  to do: chmod 600 {cli.Config}", refused.Errors, StringComparison.Ordinal);
    }
}
