using System.Text.Json;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Whether a connection would work.</summary>
public sealed class CheckTests(ServersFixture servers, GoConnectors connectors) : ActionTest(servers, connectors)
{
    [Fact]
    public async Task A_connector_that_can_only_start_has_that_one_check_and_leaves_nothing()
    {
        Add("c");

        var answer = await CheckAsync();

        Assert.True(answer.GetProperty("passed").GetBoolean());
        Assert.Equal("start", Text(Assert.Single(answer.GetProperty("checks").EnumerateArray()), "name"));
        Assert.NotEmpty(Text(answer, "isolation")!);
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Assert.Empty(peers.Ingest.Opens);
    }

    [Fact]
    public async Task A_connector_that_does_not_start_is_a_check_that_did_not_pass()
    {
        var digest = peers.Bundles.Add(Connectors.Crash);
        foreach (var (command, words) in ((string, string)[])
            [
                ("./crash-go exit-before-handshake", "connector_exited"), ("./crash-go wrong-version", "unsupported_protocol_version"),
                ("echo the pass-phrase is wrong >&2; exit 7", "the *** is wrong"), ("echo pass-phrase; exit 7", "***"),
            ])
        {
            peers.Registry.Add("c", digest, command, """{"password": "pass-phrase"}""");

            var answer = await CheckAsync();

            Assert.False(answer.GetProperty("passed").GetBoolean());
            var check = Assert.Single(answer.GetProperty("checks").EnumerateArray());
            Assert.Equal(("start", false), (Text(check, "name"), check.GetProperty("passed").GetBoolean()));
            Assert.Contains(words, Text(check, "message"), StringComparison.Ordinal);
            Assert.DoesNotContain("pass-phrase", Text(check, "message"), StringComparison.Ordinal);
            Assert.NotNull(Text(check, "hint"));
        }
    }

    [Fact]
    public async Task Options_that_do_not_fit_are_checks_that_did_not_pass_and_nothing_is_started()
    {
        Add("c");
        peers.Registry.Connections["c"].Options = Google.Protobuf.ByteString.CopyFromUtf8("""{"mood": "good"}""");

        var answer = await CheckAsync();

        Assert.False(answer.GetProperty("passed").GetBoolean());
        Assert.Equal(2, answer.GetProperty("checks").GetArrayLength());
        Assert.All(answer.GetProperty("checks").EnumerateArray(), c => Assert.Equal("options", Text(c, "name")));
        Assert.Equal((JsonValueKind.Null, 0), (answer.GetProperty("isolation").ValueKind, peers.Bundles.Downloads));
    }

    [Fact]
    public async Task What_hinders_the_platform_is_no_check()
    {
        Add("c");
        peers.Bundles.OnChunk = _ => throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "restarting"));

        var (status, problem, _) = await SendAsync(runner, HttpMethod.Post, "/v1/connections/c/check");
        Assert.Equal((503, "installer_unavailable"), (status, Text(problem, "code")));

        (status, problem, _) = await SendAsync(runner, HttpMethod.Post, "/v1/connections/missing/check");
        Assert.Equal((404, "unknown_connection"), (status, Text(problem, "code")));
    }

    [Fact]
    public async Task A_connector_that_does_not_answer_is_ended_at_its_limit()
    {
        await runner.DisposeAsync();
        runner = await StartAsync(("Checks__TimeoutSeconds", "1"));
        peers.Registry.Add("c", peers.Bundles.Add(Connectors.Crash), "./crash-go no-handshake", "{}");

        var answer = await CheckAsync();

        Assert.Equal("time", Text(Assert.Single(answer.GetProperty("checks").EnumerateArray()), "name"));
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
    }

    private async Task<JsonElement> CheckAsync()
    {
        var (status, answer, _) = await SendAsync(runner, HttpMethod.Post, "/v1/connections/c/check");
        Assert.Equal(200, status);
        return answer;
    }
}
