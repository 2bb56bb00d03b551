using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Platform.Contracts;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc;

/// <summary>Queries over the Runner's own HTTP: what passes through, and what a connector's failure looks like from outside.</summary>
public sealed class NdcQueryTests(ServersFixture servers, GoConnectors connectors, ContainerEngineFixture engine, NdcPeer peer) : RunnerTest(servers, connectors)
{
    private readonly string bundle = Directory.CreateTempSubdirectory("ndc-bundle-").FullName;

    private protected override (string, string)[] RunnerSettings =>
        [("Containers__Socket", engine.Socket), ("Services__MaxAnswerBytes", "3000000"), ("Services__SilenceSeconds", "2"), ("Services__GraceSeconds", "1")];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Directory.CreateDirectory(Path.Combine(bundle, ".platform"));
        File.WriteAllText(Path.Combine(bundle, PackageRuntime.Path), JsonSerializer.Serialize(new PackageRuntime(peer.ImageIn(engine)), PlatformJson.Options));
        peers.Registry.Add("c", peers.Bundles.Add(bundle), "", """{"ROWS":"60000","PASSWORD":"pass-phrase"}""", "peer");
        var connection = peers.Registry.Connections["c"];
        connection.Start.Protocol = Manifest.PackageProtocol;
        // As of a package that has to be asked with its options.
        connection.Specification = ByteString.CopyFrom(new ConnectorSpecification("peer", "1", "", [new("*", "", ParameterTypes.String, Secret: true, Verbatim: true)], [], []).ToJson());
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(bundle, recursive: true);
    }

    [Fact]
    public async Task Answers_pass_as_they_are_and_failures_are_told_with_what_the_connector_said()
    {
        // A small one, whole.
        var (status, small, length) = await AskAsync(Query("pairs", "\"limit\":1"));
        Assert.Equal((200, """[{"rows":[{"c":"0x"}]}]""" + "\n", (long?)24), (status, small, length));
        // A large one, as it comes.
        (status, var large, length) = await AskAsync(Query("people", "", "name"));
        Assert.Equal((200, 60_000, null), (status, JsonSerializer.Deserialize<JsonElement>(large)[0].GetProperty("rows").GetArrayLength(), length));
        Assert.True(large.Length > 1 << 20);
        (status, var explained, _) = await AskAsync(Query("pairs"), "/explain");
        Assert.Equal((200, "scan"), (status, JsonSerializer.Deserialize<JsonElement>(explained).GetProperty("details").GetProperty("plan").GetString()));

        await FailsAsync("not JSON", 400, "malformed_json");
        var misspelt = await FailsAsync(Query("peeple"), 422, "invalid_query");
        Assert.Equal("collection", misspelt.GetProperty("errors")[0].GetProperty("field").GetString());
        Assert.EndsWith("Is people meant?", misspelt.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        var refused = await FailsAsync(Fail("409"), 409, "connector_refused");
        Assert.Equal((409, "said no", "id"), (refused.GetProperty("connector").GetProperty("status").GetInt32(), refused.GetProperty("connector").GetProperty("message").GetString(), refused.GetProperty("connector").GetProperty("details").GetProperty("column").GetString()));
        Assert.Contains("main.go:2", (await FailsAsync(Fail("trace"), 502, "connector_failed")).GetProperty("connector").GetProperty("details").GetProperty("stack").GetString(), StringComparison.Ordinal);
        Assert.Contains("Welcome to the proxy", (await FailsAsync(Fail("html"), 502, "bad_answer")).GetProperty("connector").GetProperty("details").GetString(), StringComparison.Ordinal);
        await FailsAsync(Fail("half"), 502, "answer_cut");
        await FailsAsync(Fail("silent"), 504, "connector_silent");
        Assert.DoesNotContain("pass-phrase", (await FailsAsync(Fail("pass-phrase"), 502, "connector_failed")).GetRawText(), StringComparison.Ordinal);
        Assert.Contains("no more memory for this", (await FailsAsync(Fail("die"), 409, "connector_exited")).GetProperty("detail").GetString(), StringComparison.Ordinal);
        await FailsAsync(Query("pairs"), 404, "unknown_connection", "nobody");
    }

    [Fact]
    public async Task Actions_of_one_that_is_known_with_its_options_alone_are_listed_and_invoked()
    {
        var actions = await runner.Client.GetStringAsync("/v1/connections/c/actions", TestContext.Current.CancellationToken);
        Assert.Contains("\"befriend\"", actions, StringComparison.Ordinal);
        using var response = await runner.Client.PostAsync(
            "/v1/connections/c/actions/add", new StringContent("""{"arguments":{"a":"40","b":2}}""", Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"result\":42", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_that_takes_no_queries_says_so()
    {
        peers.Registry.Add("crash", peers.Bundles.Add(Connectors.Crash), "./crash-go", """{"mode": "ok"}""");

        await FailsAsync(Query("pairs"), 422, "queries_not_supported", "crash");
    }

    private static string Query(string collection, string more = "", string column = "c") =>
        """{"collection":"COLLECTION","arguments":{},"collection_relationships":{},"query":{"fields":{"COLUMN":{"type":"column","column":"COLUMN"}}MORE}}"""
            .Replace("COLLECTION", collection, StringComparison.Ordinal).Replace("COLUMN", column, StringComparison.Ordinal).Replace("MORE", more.Length == 0 ? "" : "," + more, StringComparison.Ordinal);

    private static string Fail(string how) =>
        """{"collection":"fail","arguments":{"how":{"type":"literal","value":"HOW"}},"collection_relationships":{},"query":{"fields":{"__value":{"type":"column","column":"__value"}}}}"""
            .Replace("HOW", how, StringComparison.Ordinal);

    private async Task<JsonElement> FailsAsync(string query, int status, string code, string connection = "c")
    {
        var answer = await AskAsync(query, connection: connection);
        var problem = JsonSerializer.Deserialize<JsonElement>(answer.Body);
        Assert.Equal((status, code), (answer.Status, problem.GetProperty("code").GetString()));
        return problem;
    }

    private async Task<(int Status, string Body, long? Length)> AskAsync(string query, string rest = "", string connection = "c")
    {
        using var content = new StringContent(query) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/connections/{connection}/query{rest}") { Content = content };
        using var response = await runner.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var length = response.Content.Headers.ContentLength;
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), length);
    }
}
