using System.Text;
using Platform.Runner.Drivers;

namespace Platform.Runner.Tests;

/// <summary>What is asked of connectors of the platform's own protocol besides a sync: what they are, whether they can work, and actions.</summary>
public sealed class NativeCallTests(ScriptedConnectors scripted) : NativeTest(scripted)
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);
    private static readonly string[] AllTypes = ["string", "int", "float", "bool", "file", "duration", "list", "map", "object", "any"];

    [Fact]
    public async Task A_specification_arrives_as_it_was_said()
    {
        var all = string.Join(", ", AllTypes.Select(t => $$"""{"name": "{{t}}", "type": "PARAMETER_TYPE_{{t.ToUpperInvariant()}}"}"""));
        var description = await DescribeAsync($$"""
            {
              "name": "scripted", "version": "2", "summary": "What it is told",
              "parameters": [{{all}}, {
                "name": "limits.*.size", "description": "So many.", "type": "PARAMETER_TYPE_INT", "default": "5", "secret": true,
                "validations": [{"type": "VALIDATION_TYPE_REQUIRED"}, {"type": "VALIDATION_TYPE_GREATER_THAN", "value": "1"}]
              }, {"name": "plain"}, {"name": "names", "type": "PARAMETER_TYPE_LIST", "elements": {"validations": [{"type": "VALIDATION_TYPE_REGEX", "value": "^a"}] } }],
              "streams": [{"name": "s", "description": "Things", "incremental": true}],
              "actions": [{"name": "say", "description": "Says", "parameters": [{"name": "what"}], "result": {"type": "PARAMETER_TYPE_ANY"}, "mutates": true, "exclusive": true, "idempotent": true}]
            }
            """);

        Assert.Equal("platform", description.Protocol);
        var said = description.Specification!;
        Assert.Equal(("scripted", "2", "What it is told", true), (said.Name, said.Version, said.Summary, said.CanSync));
        Assert.Equal([.. AllTypes, "int", "string", "list"], said.Parameters.Select(p => p.Type));
        var size = said.Parameters.Single(p => p.Name == "limits.*.size");
        Assert.Equal(("So many.", "5", true, true), (size.Description, size.Default, size.Secret, size.IsRequired));
        Assert.Equal([("required", ""), ("greater_than", "1")], size.Validations!.Select(v => (v.Type, v.Value)));
        Assert.Equal("regex", said.Parameters.Single(p => p.Name == "names").Elements!.Validations!.Single().Type);
        Assert.Equal(new("s", "Things", true), said.Streams.Single());
        var action = said.Actions.Single();
        Assert.Equal(("say", "Says", "what", "any"), (action.Name, action.Description, action.Parameters.Single().Name, action.Result!.Type));
        Assert.True(action.Mutates && action.Exclusive && action.Idempotent);
    }

    [Fact]
    public async Task A_connector_may_say_nothing_of_itself() =>
        Assert.Null((await bench.DescribeAsync(Scripted.Folder, ScriptedConnectors.Command)).Specification);

    [Fact]
    public async Task A_specification_that_makes_no_sense_is_refused_with_all_that_is_wrong()
    {
        var command = Scripted.With($$"""
            {
              "name": "{{new string('n', 201)}}",
              "parameters": [
                {"name": "twice"}, {"name": "twice"}, {"name": "odd", "type": 77}, {"name": "wrong", "type": "PARAMETER_TYPE_INT", "default": "many"},
                {"name": "pattern", "validations": [{"type": "VALIDATION_TYPE_REGEX", "value": "("}]}
              ],
              "streams": [{"name": "s"}, {"name": "s"}], "actions": [{"name": "no spaces"}]
            }
            """);

        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => bench.DescribeAsync(Scripted.Folder, command))).Fault;

        Assert.Equal("bad_specification", fault.Code);
        Assert.All(["201 characters", "'twice'", "'77'", "'wrong'", "'pattern'", "stream 's'", "'no spaces'"], words => Assert.Contains(words, fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Checks_arrive_as_they_were_answered()
    {
        var checks = await CheckAsync("""{"checks": [{"name": "token", "passed": true, "message": "it is taken"}, {"name": "quota", "message": "used up", "hint": "wait"}]}""");

        Assert.Equal([new("token", true, "it is taken"), new("quota", false, "used up", "wait")], checks);
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => CheckAsync("""{"status": ["UNAVAILABLE", "no network"]}"""))).Fault;
        Assert.Equal(("check_failed", true), (fault.Code, fault.Transient));
        Assert.Contains("no network", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_action_tells_its_progress_and_answers_with_a_result_in_parts()
    {
        var (first, second) = (Base64("{\"a\":"), Base64("1}"));
        var answer = await InvokeAsync($$"""
            {"progress": {"message": "half", "fraction": 0.5} }, {"progress": {"message": "wrong", "fraction": 7} }, {"log": {"level": "info", "message": "noted"} },
            {"result": {"json": "{{first}}"} }, {"result": {"json": "{{second}}"} }
            """);

        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(answer.Result!));
        Assert.Null(answer.Error);
        Assert.Equal([("half", 0.5), ("wrong", null)], bench.Progress);
        Assert.Contains(": noted", bench.Log.Text, StringComparison.Ordinal);
        Assert.StartsWith("bwrap", bench.Isolation);
        Assert.Equal("null", Encoding.UTF8.GetString((await InvokeAsync("""{"result": {}}""")).Result!));
    }

    [Fact]
    public async Task An_action_answers_with_an_error_of_the_connectors_own()
    {
        var error = (await InvokeAsync("""{"error": {"code": "quota", "message": "Used up.", "retryable": true, "violations": [{"field": "what", "message": "too much"}]}}""")).Error!;

        Assert.Equal(("quota", "Used up.", true, new FieldViolation("what", "too much")), (error.Code, error.Message, error.Retryable, error.Violations.Single()));
    }

    [Theory]
    [InlineData("""{"progress": {"message": "x"}}""", "", "protocol_violation", "without a result or an error")]
    [InlineData("""{"error": {"code": "a"}}, {"result": {"json": "MQ=="}}""", "", "protocol_violation", "a result after the action's error")]
    [InlineData("""{"result": {"json": "MQ=="}}, {"error": {"code": "a"}}""", "", "protocol_violation", "an error after the action's result")]
    [InlineData("""{"result": {"json": "MTIzNDU2Nzg5MDEyMzQ1Njc="}}""", "", "result_too_large", "16 bytes")]
    [InlineData("", """ "status": ["INTERNAL", "it broke"], """, "action_failed", "it broke")]
    [InlineData("", """ "exit": 4, """, "connector_exited", "code 4")]
    public async Task An_action_that_does_not_answer_by_the_rules_says_so(string messages, string more, string code, string words)
    {
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => InvokeAsync(messages, more, maxResultBytes: 16))).Fault;

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_action_that_is_not_there_is_unknown() =>
        Assert.Equal("unknown_action", (await Assert.ThrowsAsync<RunFaultException>(() => bench.InvokeAsync("dance", "{}", "{}", Scripted.Folder, ScriptedConnectors.Command))).Fault.Code);

    [Fact]
    public async Task An_action_that_hangs_is_told_of_a_cancel_and_ended_within_five_seconds()
    {
        using var cancel = new CancellationTokenSource();
        var action = InvokeAsync("""{"progress": {"message": "at it"}}""", """ "hang": true, """, cancel);
        await Wait.ForAsync("the first word", () => !bench.Progress.IsEmpty, DriverBench.SyncTimeout);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => action.WaitAsync(CancelLimit, TestContext.Current.CancellationToken));
        Assert.Contains("the call was cancelled", bench.Log.Text, StringComparison.Ordinal);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private Task<ConnectorDescription> DescribeAsync(string specification) => bench.DescribeAsync(Scripted.Folder, Scripted.With(specification));

    private Task<IReadOnlyList<CheckResult>> CheckAsync(string script) => bench.CheckAsync(script, Scripted.Folder, ScriptedConnectors.Command);

    private Task<ActionAnswer> InvokeAsync(string messages, string more = "", CancellationTokenSource? stop = null, long maxResultBytes = 1 << 20) =>
        bench.InvokeAsync("say", Script(messages, more), "{}", Scripted.Folder, ScriptedConnectors.Command, stop, maxResultBytes);
}
