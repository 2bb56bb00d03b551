using System.Text;
using System.Text.Json;
using Npgsql;
using Platform.Servers;

namespace Platform.Runner.Tests.Proof;

/// <summary>What runs of several attempts delete, with the real Ingest.</summary>
public sealed class ResumedListingTests(ServersFixture servers, GoConnectors connectors, ScriptedConnectors scripted) : RunnerTest(servers, connectors)
{
    private const string Full = """{"stream_begin": {"stream": "s", "mode": "MODE_FULL"}}""";
    private const string Continued = """{"stream_begin": {"stream": "s", "mode": "MODE_CONTINUED"}}""";
    private const string Incremental = """{"stream_begin": {"stream": "s", "mode": "MODE_INCREMENTAL"}}""";
    private const string End = """{"stream_end": {"stream": "s"}}""";
    private const string Unavailable = """ "status": ["UNAVAILABLE", "come back"] """;

    private string objects = null!;
    private IngestProcess ingest = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        objects = Servers.PostgresConnectionString("ingest");
        ingest = await IngestProcess.StartAsync(objects, Servers.RabbitMqUri);
        await runner.DisposeAsync();
        runner = await StartAsync(("services__ingest__grpc__0", ingest.Address), ("Runner__MaxAttempts", "3"), ("Runner__RetryFirstSeconds", "0.1"));
        peers.Registry.Add("c", peers.Bundles.Add(scripted.Folder), ScriptedConnectors.Command, "{}");
        peers.Registry.Connections["c"].Start.Protocol = "platform";
    }

    public override async ValueTask DisposeAsync()
    {
        await ingest.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task Two_attempts_that_listed_everything_together_delete_what_neither_sent()
    {
        var first = await RunAsync($$"""{"messages": [{{Full}}, {{Page("1")}}, {{Page("2")}}, {{Page("3")}}, {{End}}]}""");
        Assert.Equal(("succeeded", 1, true, 0), Summary(first));

        var run = await RunAsync($$"""
            {"messages": [{{Full}}, {{Page("1")}}, {{State("at 1")}}], {{Unavailable}},
             "after": {"at 1": {"messages": [{{Continued}}, {{Page("3")}}, {{Page("4")}}, {{State("at 4")}}, {{End}}] } } }
            """);

        Assert.Equal(("succeeded", 2, true, 1), Summary(run));
        Assert.Equal(["1", "3", "4"], await ThereAsync());
    }

    [Fact]
    public async Task A_run_that_went_on_from_an_earlier_runs_state_deletes_nothing_whatever_its_connector_says_later()
    {
        var first = await RunAsync($$"""{"messages": [{{Full}}, {{Page("1")}}, {{Page("2")}}, {{State("at 2")}}, {{End}}]}""");
        Assert.Equal(("succeeded", 1, true, 0), Summary(first));

        var run = await RunAsync($$"""
            {"after": {"at 2": {"messages": [{{Incremental}}, {{Page("3")}}, {{State("at 3")}}], {{Unavailable}} },
                       "at 3": {"messages": [{{Incremental}}, {{Page("4")}}, {{State("at 4")}}, {{End}}] } } }
            """);
        Assert.Equal(("succeeded", 2, false, 0), Summary(run));

        var refused = await RunAsync($$"""
            {"after": {"at 4": {"messages": [{{Incremental}}, {{State("at 5")}}], {{Unavailable}} }, "at 5": {"messages": [{{Continued}}, {{End}}] } } }
            """);
        Assert.Equal("protocol_violation", refused.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(["1", "2", "3", "4"], await ThereAsync());
    }

    private static string Page(string id) => JsonSerializer.Serialize(new { page = new { stream = "s", upserts = new { objects = new[] { new { remote_id = id } } } } });

    private static string State(string state) => JsonSerializer.Serialize(new { state = new { stream = "s", state = Encoding.UTF8.GetBytes(state) } });

    private static (string?, int, bool, int) Summary(JsonElement run) => (
        run.GetProperty("state").GetString(), run.GetProperty("attempt").GetInt32(), run.GetProperty("full_listing").GetBoolean(), run.GetProperty("counts").GetProperty("swept").GetInt32());

    private async Task<JsonElement> RunAsync(string script)
    {
        peers.Registry.Connections["c"].Options = Google.Protobuf.ByteString.CopyFromUtf8(script);
        return await runner.WaitForStateAsync(Id(await runner.StartRunAsync("c")), RunTimeout, "succeeded", "failed");
    }

    private async Task<string[]> ThereAsync()
    {
        await using var database = NpgsqlDataSource.Create(objects);
        await using var there = database.CreateCommand("select coalesce(array_agg(remote_id::text order by remote_id), '{}') from objects where deleted_at is null");
        return (string[])(await there.ExecuteScalarAsync())!;
    }
}
