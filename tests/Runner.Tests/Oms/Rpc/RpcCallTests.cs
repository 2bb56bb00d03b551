using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Oms.Rpc;

/// <summary>Calls to a server by grpc-go, whose methods are found by descriptors or by reflection.</summary>
public sealed class RpcCallTests(RpcPeers peers) : IClassFixture<RpcPeers>
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task The_method_is_the_one_named_like_the_action_or_the_one_that_is_named()
    {
        using var calls = Calls();
        var rpc = calls.Rpc;

        Assert.Equal("""{"text":"xx"}""", await calls.ResultAsync("SayTwice", """{"text": "x"}"""));
        Assert.Equal("""{"text":"xx"}""", await calls.ResultAsync("say_twice", """{"text": "x"}"""));
        foreach (var (method, answer) in ((string, string)[])[("platform.test.greeter.Other/SayHello", "Oh, x"), ("Greeter/SayHello", "Hello, x"), ("/Other/SayHello", "Oh, x"), ("SayTwice", "xx")])
            Assert.Equal($$"""{"text":"{{answer}}"}""", await calls.ResultAsync("whatever", """{"text": "x"}""", rpc with { Method = method }));
    }

    [Fact]
    public async Task A_method_that_is_not_there_or_not_sure_or_not_fit_is_a_mistake_of_the_definition()
    {
        using var calls = Calls();
        var rpc = calls.Rpc;

        var unknown = await calls.FaultAsync("say_bye", "{}");
        Assert.Equal("rpc_method_unknown", unknown.Code);
        Assert.Contains("platform.test.greeter.Greeter/SayHello, platform.test.greeter.Greeter/Count", unknown.Message, StringComparison.Ordinal);
        var ambiguous = await calls.FaultAsync("say_hello", "{}");
        Assert.Equal("rpc_method_ambiguous", ambiguous.Code);
        Assert.Contains("platform.test.greeter.Greeter/SayHello, platform.test.greeter.Other/SayHello", ambiguous.Message, StringComparison.Ordinal);
        Assert.Equal("rpc_method_ambiguous", (await calls.FaultAsync("x", "{}", rpc with { Method = "SayHello" })).Code);
        Assert.Equal("rpc_method_unknown", (await calls.FaultAsync("x", "{}", rpc with { Method = "greeter.Greeter/SayHello" })).Code);
        foreach (var streaming in (string[])["gather", "chat"])
            Assert.Equal("rpc_method_unsupported", (await calls.FaultAsync(streaming, "{}")).Code);
    }

    [Fact]
    public async Task A_stream_of_answers_is_a_list_and_tells_how_far_it_is()
    {
        using var calls = Calls();

        Assert.Equal("[]", await calls.ResultAsync("count", "{}"));
        Assert.Equal("""[{"number":"1","filling":""},{"number":"2","filling":""},{"number":"3","filling":""}]""", await calls.ResultAsync("count", """{"to": 3}"""));
        Assert.Equal(["1 message", "2 messages", "3 messages"], calls.Progress);
    }

    [Fact]
    public async Task A_result_that_is_too_large_ends_the_call_however_it_comes()
    {
        using var calls = Calls();
        calls.MaxResultBytes = 100_000;

        foreach (var arguments in (string[])["""{"to": 1, "filling": 200000}""", """{"to": 1, "filling": 99990}""", """{"to": 9223372036854775807}""", """{"to": 100, "filling": 10000}"""])
            Assert.Equal("result_too_large", (await calls.FaultAsync("count", arguments)).Code);
    }

    [Theory]
    [InlineData(3, "grpc_invalid_argument", false)]
    [InlineData(5, "grpc_not_found", false)]
    [InlineData(8, "grpc_resource_exhausted", true)]
    [InlineData(10, "grpc_aborted", true)]
    [InlineData(13, "grpc_internal", false)]
    [InlineData(14, "grpc_unavailable", true)]
    [InlineData(16, "grpc_unauthenticated", false)]
    public async Task A_status_of_the_service_is_told_in_its_words(int status, string code, bool retryable)
    {
        using var calls = Calls();
        var error = await calls.ErrorAsync("fail", $$"""{"code": {{status}}, "message": "söme words"}""");

        Assert.Equal((code, retryable), (error.Code, error.Retryable));
        Assert.EndsWith(": söme words", error.Message, StringComparison.Ordinal);
        Assert.Empty(error.Violations);
    }

    [Fact]
    public async Task A_stream_that_fails_gives_no_result()
    {
        using var calls = Calls();
        var error = await calls.ErrorAsync("count", """{"to": 5, "fail_after": 2}""");
        Assert.Equal(("grpc_unavailable", true), (error.Code, error.Retryable));
    }

    [Fact]
    public async Task Arguments_that_are_none_are_violations_and_nothing_is_called()
    {
        using var calls = new RpcCalls(peers, 1) { Descriptors = RpcPeers.Greeter };
        var error = await calls.ErrorAsync("count", """{"to": "x", "from": 1}""");
        Assert.Equal(("invalid_arguments", false), (error.Code, error.Retryable));
        Assert.Equal(["to", "from"], error.Violations.Select(v => v.Field));
    }

    [Fact]
    public async Task Cancelling_ends_the_call()
    {
        using var calls = Calls();
        using var cancel = new CancellationTokenSource();
        var answer = calls.AnswerAsync("sleep", "{}", cancel: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(CancelLimit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_trace_goes_with_the_call()
    {
        using var source = new ActivitySource("rpc-test");
        using var listener = new ActivityListener { ShouldListenTo = s => s.Name == "rpc-test", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        using var calls = Calls();

        using var activity = source.StartActivity("run")!;
        Assert.Contains(activity.TraceId.ToHexString(), await calls.ResultAsync("metadata", "{}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_descriptors_the_service_is_asked_by_reflection()
    {
        using var calls = new RpcCalls(peers, peers.StartGreeter("reflection"));

        Assert.Equal("""{"text":"xx"}""", await calls.ResultAsync("say_twice", """{"text": "x"}"""));
        Assert.Equal("rpc_method_ambiguous", (await calls.FaultAsync("say_hello", "{}")).Code);
        Assert.Equal(["text"], (await calls.ParametersAsync("say_twice")).Select(p => p.Name));
    }

    [Fact]
    public async Task A_service_without_reflection_says_what_to_do()
    {
        using var calls = new RpcCalls(peers, peers.StartGreeter());
        var fault = await calls.FaultAsync("say_twice", "{}");
        Assert.Equal(("rpc_no_reflection", false), (fault.Code, fault.Transient));
        Assert.Contains("proto.path", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_another_attempt_may_help()
    {
        using var calls = new RpcCalls(peers, 1) { Descriptors = RpcPeers.Greeter };
        var fault = await calls.FaultAsync("say_twice", "{}");
        Assert.Equal(("rpc_unreachable", true), (fault.Code, fault.Transient));
        Assert.Contains("http://127.0.0.1:1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endpoint_of_the_file_goes_through_the_outbound_guard()
    {
        var port = peers.StartGreeter();
        using var refused = new RpcCalls(peers, port) { Descriptors = RpcPeers.Greeter };
        Assert.Equal("outbound_refused", (await refused.FaultAsync("say_twice", "{}", refused.Rpc with { Endpoint = "localhost" })).Code);
        using var allowed = new RpcCalls(peers, port, allow: "127.0.0.1") { Descriptors = RpcPeers.Greeter };
        Assert.Equal("""{"text":""}""", await allowed.ResultAsync("say_twice", "{}", allowed.Rpc with { Endpoint = "127.0.0.1" }));
    }

    [Fact]
    public async Task Tls_is_trusted_by_the_files_ca_alone()
    {
        var certificate = Certificate("server");
        Certificate("other");
        using var calls = new RpcCalls(peers, peers.StartGreeter("reflection", certificate + ".pem", certificate + ".key"));
        var tls = calls.Rpc with { Tls = true };

        Assert.Equal("""{"text":"xx"}""", await calls.ResultAsync("say_twice", """{"text": "x"}""", tls with { CaFile = "server.pem" }));
        Assert.Equal("rpc_tls_failed", (await calls.FaultAsync("say_twice", "{}", tls)).Code);
        Assert.Equal("rpc_tls_failed", (await calls.FaultAsync("say_twice", "{}", tls with { CaFile = "other.pem" })).Code);
        foreach (var file in (string[])["missing.pem", "../server.pem", "server.key", "greeter.proto"])
            Assert.Equal("rpc_ca_unusable", (await calls.FaultAsync("say_twice", "{}", tls with { CaFile = file })).Code);
    }

    [Fact]
    public async Task Sixty_four_at_a_time_all_succeed()
    {
        using var calls = Calls();
        await calls.ResultAsync("say_twice", """{"text": "x"}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
                Assert.Equal($$"""{"text":"{{n}}{{n}}"}""", await calls.ResultAsync("say_twice", $$"""{"text": "{{n}}"}"""));
            return true;
        })));
        Assert.Equal(64, answers.Length);
    }

    [Fact]
    public async Task The_parameters_of_a_method_are_those_of_its_message()
    {
        using var calls = new RpcCalls(peers, 1) { Descriptors = RpcPeers.Everything };
        var parameters = (await calls.ParametersAsync("echo")).ToDictionary(p => p.Name);

        Assert.Equal((ParameterTypes.Float, "A number of 64 bits."), (parameters["aDouble"].Type, parameters["aDouble"].Description));
        Assert.Equal(ParameterTypes.Int, parameters["anInt64"].Type);
        Assert.Equal("COLOUR_UNSPECIFIED,RED,GREEN,VERT,BELOW", parameters["colour"].Validations!.Single().Value);
        Assert.Equal((ParameterTypes.Object, ParameterTypes.Any), (parameters["inner"].Type, parameters["inner"].Properties!.Single(p => p.Name == "more").Elements!.Type));
        Assert.Equal(ParameterTypes.Any, parameters["again"].Type);
        Assert.Equal((ParameterTypes.Map, ParameterTypes.Object), (parameters["byInt32"].Type, parameters["byInt32"].Elements!.Type));
        Assert.Equal((ParameterTypes.List, ParameterTypes.Int), (parameters["numbers"].Type, parameters["numbers"].Elements!.Type));
        Assert.Equal((ParameterTypes.Bool, ParameterTypes.Any, ParameterTypes.String), (parameters["boolValue"].Type, parameters["anything"].Type, parameters["at"].Type));
        Assert.True((await calls.ParametersAsync("echo_old")).Single(p => p.Name == "id").IsRequired);
        Assert.Equal(["value"], (await calls.ParametersAsync("later")).Select(p => p.Name));
        Assert.Equal(["*"], (await calls.ParametersAsync("loose")).Select(p => p.Name));
        Assert.Empty(await calls.ParametersAsync("nothing"));

        // They are a specification like any other, and what they let pass is a message.
        var (json, errors) = ParameterRules.Apply([.. parameters.Values], """{"aUint64": "18446744073709551615", "inner": {"more": [{}]}, "byInt32": {"1": {"size": 2}}, "colours": ["RED"], "at": "2026-01-01T00:00:00Z"}""");
        Assert.Empty(errors);
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(json).RootElement.ValueKind);
    }

    private RpcCalls Calls() => new(peers, peers.StartGreeter()) { Descriptors = RpcPeers.Greeter };

    /// <summary>Writes a certificate and its key for loopback.</summary>
    private string Certificate(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Path.Combine(peers.Folder, $"{name}.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(peers.Folder, $"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        return name;
    }
}
