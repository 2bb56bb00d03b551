using System.Text.Json;
using Platform.Runner.Drivers;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc;

/// <summary>What a packaged connector is to the rest of the platform: a specification, actions and queries.</summary>
public sealed class NdcUseTests(ContainerEngineFixture engine, NdcPeer peer) : NdcTest(engine, peer)
{
    [Fact]
    public async Task Collections_without_required_arguments_are_streams_and_functions_and_procedures_are_actions()
    {
        Runs(r => r with { Variables = [new("REGION", "Where", "eu"), new("HASURA_X"), new("API_KEY", Default: "x")] });
        var description = await Driver.DescribeAsync(Launch(), Cancel);

        Assert.Equal(("docker", "ndc"), (description.Isolation, description.Protocol));
        var said = description.Specification!;
        Assert.True(said.CanSync);
        Assert.Equal(["people", "pairs", "named", "notes"], said.Streams.Select(s => s.Name));
        Assert.Equal([("people", true, "id"), ("pairs", true, "a b"), ("named", false, ""), ("notes", false, "")], said.Streams.Select(s => (s.Name, s.Incremental, string.Join(' ', s.CursorColumns!))));
        Assert.Equal([("REGION", false), ("API_KEY", true), ("*", true)], said.Parameters.Select(p => (p.Name, p.Secret)));
        Assert.Equal([("add", false), ("env", false), ("read", false), ("fail", false), ("asked", false), ("befriend", true), ("break", true)], said.Actions.Select(a => (a.Name, a.Mutates)));
        Assert.Empty(ParameterRules.Problems(said));
        Assert.Contains("not an action", Log.Text, StringComparison.Ordinal);
        Assert.Contains("people_called", Log.Text, StringComparison.Ordinal);
        var befriend = said.Actions.Single(a => a.Name == "befriend");
        Assert.Equal("object", befriend.Parameters[0].Type);
        // A type that contains itself ends somewhere.
        Assert.Equal("any", befriend.Parameters[0].Properties!.Single(p => p.Name == "of").Type);
        Assert.False(befriend.Result!.IsRequired);
    }

    [Fact]
    public async Task Reserved_names_are_refused_all_at_once_and_other_names_are_not()
    {
        var said = (await Driver.DescribeAsync(Launch(), Cancel)).Specification!;

        var (_, errors) = ParameterRules.Apply(said.Parameters, """{"HASURA_CONNECTOR_PORT":"1","OTEL_EXPORTER_OTLP_ENDPOINT":"x","OTEL_SERVICE":"fine","ANY":"thing"}""");

        Assert.Equal([("HASURA_CONNECTOR_PORT", "reserved_name"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "reserved_name")], errors.Select(e => (e.Field, e.Code)));
    }

    [Fact]
    public async Task One_that_needs_options_is_described_without_a_start_and_specified_with_them()
    {
        Runs(r => r with { Variables = [new("DATABASE", Required: true)] });

        var without = await Driver.DescribeAsync(Launch(), Cancel);
        Assert.Equal(("none", 0), (without.Isolation, without.Specification!.Actions.Count));
        Assert.True(without.Specification.Parameters[0].IsRequired);
        Assert.Equal(7, (await Driver.SpecifyAsync(Launch(), """{"DATABASE":"x"}""", Cancel))!.Actions.Count);
    }

    [Fact]
    public async Task A_function_is_a_query_of_its_value_and_a_procedure_a_mutation()
    {
        Assert.Equal(42, (await ValueAsync("add", """{"a":40,"b":2}""")).GetInt32());
        Assert.Equal("me", (await ValueAsync("befriend", """{"friend":{"name":"you"}}""")).GetProperty("name").GetString());
        Assert.Equal("unknown_action", (await FaultAsync(() => InvokeAsync("people", "{}"))).Code);
        // The lowest version of the generation, and the token's holder is let in.
        Assert.All((await ValueAsync("asked", """{"path":"/query version"}""")).EnumerateArray(), v => Assert.Equal("0.2.0", v.GetString()));
        Assert.Equal("", Assert.Single((await ValueAsync("asked", """{"path":"/capabilities version"}""")).EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_connector_of_the_first_generation_is_sent_no_version()
    {
        const string Options = """{"GENERATION":"1"}""";
        Assert.Equal(3, (await ValueAsync("add", """{"a":1,"b":2}""", Options)).GetInt32());
        Assert.All((await ValueAsync("asked", """{"path":"/query version"}""", Options)).EnumerateArray(), v => Assert.Equal("", v.GetString()));
    }

    [Fact]
    public async Task What_the_connector_refuses_keeps_its_status_message_and_details()
    {
        foreach (var (how, code, retryable) in ((string, string, bool)[])
            [
                ("400", "http_400", false), ("409", "http_409", false), ("429", "http_429", true), ("501", "http_501", false), ("503", "http_503", true),
            ])
        {
            var error = (await InvokeAsync("fail", $$"""{"how":"{{how}}"}""")).Error!;

            Assert.Equal((code, retryable, """{"column":"id"}"""), (error.Code, error.Retryable, error.Detail));
            Assert.Contains("said no", error.Message, StringComparison.Ordinal);
        }

        // A function changes nothing.
        var lost = (await InvokeAsync("fail", """{"how":"half"}""")).Error!;
        Assert.Equal(("answer_lost", true), (lost.Code, lost.Retryable));
    }

    [Fact]
    public async Task A_stack_trace_is_a_detail_and_what_a_procedure_did_before_its_answer_broke_off_is_not_known()
    {
        Assert.Contains("main.go:2", (await InvokeAsync("fail", """{"how":"trace"}""")).Error!.Detail, StringComparison.Ordinal);
        Assert.Equal("answer_lost", (await FaultAsync(() => InvokeAsync("break", """{"how":"half"}"""))).Code);
        var html = await FaultAsync(() => InvokeAsync("break", """{"how":"html"}"""));
        Assert.Equal("bad_answer", html.Code);
        Assert.Contains("Welcome to the proxy", html.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_falls_silent_is_not_waited_for_without_end()
    {
        Settings["Services:SilenceSeconds"] = "1";
        Assert.Equal("answer_lost", (await InvokeAsync("fail", """{"how":"silent"}""")).Error!.Code);
        Assert.Equal("result_too_large", (await FaultAsync(() => InvokeAsync("read", """{"path":"/peer"}"""))).Code);
    }

    [Fact]
    public async Task A_query_is_passed_on_byte_by_byte_and_so_is_its_answer()
    {
        var query = """{"collection": "pairs",  "arguments":{}, "collection_relationships":{}, "query":{"fields":{"x":{"type":"column","column":"c"}},"limit":1}}"""u8.ToArray();

        await using var answer = await QueryAsync(query);

        Assert.Equal("""[{"rows":[{"x":"0x"}]}]""" + "\n", System.Text.Encoding.UTF8.GetString(await answer.Answer.ReadAllAsync(Cancel)));
        Assert.Contains(System.Text.Encoding.UTF8.GetString(query), (await ValueAsync("asked", """{"path":"/query"}""")).EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public async Task A_query_that_does_not_fit_the_schema_is_refused_with_all_that_is_wrong_before_the_connector_is_asked()
    {
        var query = """{"collection":"peple","arguments":{},"query":{}}"""u8.ToArray();
        var error = Assert.Single((await Assert.ThrowsAsync<ProblemException>(() => QueryAsync(query))).Problem.Errors!);
        Assert.Equal(("collection", "unknown_collection"), (error.Field, error.Code));
        Assert.EndsWith("Is people meant?", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("peple", (await ValueAsync("asked", """{"path":"/query"}""")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_is_asked_where_the_connector_has_it_and_else_refused()
    {
        var query = """{"collection":"pairs","arguments":{},"collection_relationships":{},"query":{}}"""u8.ToArray();
        await using (var answer = await QueryAsync(query, explains: true))
            Assert.Contains("scan", System.Text.Encoding.UTF8.GetString(await answer.Answer.ReadAllAsync(Cancel)), StringComparison.Ordinal);

        Assert.Equal(("explain_not_supported", 501), (await Assert.ThrowsAsync<ProblemException>(() => QueryAsync(query, explains: true, """{"GENERATION":"1"}"""))).Problem is var p ? (p.Code, p.Status) : default);
    }

    private Task<QueryAnswer> QueryAsync(byte[] query, bool explains = false, string options = "{}") =>
        Driver.QueryAsync(new(Launch(), options, query, JsonSerializer.Deserialize<JsonElement>(query), explains), Cancel).WaitAsync(Limit, CancellationToken.None);
}
