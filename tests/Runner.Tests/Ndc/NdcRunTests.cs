using System.Text.Json;
using Platform.Contracts;
using Platform.Servers;

namespace Platform.Runner.Tests.Ndc;

/// <summary>What a packaged connector is started with, when it is ready, and what is said when it is not.</summary>
public sealed class NdcRunTests(ContainerEngineFixture engine, NdcPeer peer) : NdcTest(engine, peer)
{
    [Fact]
    public async Task It_gets_the_variables_of_the_specification_and_the_connection_s_and_its_token_is_never_empty()
    {
        Runs(r => r with { Variables = [new("REGION", Default: "eu"), new("HASURA_SNEAKED", Default: "x"), new("PASSWORD")] });
        Settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector.example:4317";
        const string Options = """{"PASSWORD":"hush","OTHER":"it's \"$x\"","HASURA_CONNECTOR_PORT":"1"}""";
        foreach (var (name, value) in ((string, string?)[])
            [
                ("HASURA_CONNECTOR_PORT", "8080"), ("HASURA_CONFIGURATION_DIRECTORY", "/etc/connector"), ("HASURA_SNEAKED", null), ("REGION", "eu"), ("PASSWORD", "hush"),
                ("OTHER", "it's \"$x\""), ("HASURA_OTLP_ENDPOINT", "http://collector.example:4317"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4317"),
                ("HASURA_OTEL_SERVICE_NAME", "peer"), ("OTEL_SERVICE_NAME", "peer"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ])
            Assert.Equal((name, value), (name, (await ValueAsync("env", $$"""{"name":"{{name}}"}""", Options)).GetString()));

        // It asks for the token itself; with another one nothing would have been answered.
        Assert.True((await ValueAsync("env", """{"name":"HASURA_SERVICE_TOKEN_SECRET"}""", Options)).GetString()!.Length >= 32);
    }

    [Fact]
    public async Task Without_an_endpoint_of_the_runner_s_it_gets_none()
    {
        Assert.Equal(JsonValueKind.Null, (await ValueAsync("env", """{"name":"OTEL_EXPORTER_OTLP_ENDPOINT"}""")).ValueKind);
    }

    [Fact]
    public async Task Its_configuration_is_where_the_image_wants_it_and_can_t_be_written_nor_can_anything_but_its_temporary_folder()
    {
        Runs(null, "ENV HASURA_CONFIGURATION_DIRECTORY=/srv/conf/");

        Assert.Equal("""{"this":"is it"}""", (await ValueAsync("read", """{"path":"/srv/conf/configuration.json"}""")).GetString());
        Assert.Equal("/srv/conf", (await ValueAsync("env", """{"name":"HASURA_CONFIGURATION_DIRECTORY"}""")).GetString());
        var host = Inspect().GetProperty("HostConfig");
        Assert.True(host.GetProperty("ReadonlyRootfs").GetBoolean());
        Assert.Equal("/tmp", Assert.Single(host.GetProperty("Tmpfs").EnumerateObject()).Name);
        Assert.Equal("ALL", Assert.Single(host.GetProperty("CapDrop").EnumerateArray()).GetString());
        Assert.False(Assert.Single(Inspect().GetProperty("Mounts").EnumerateArray(), m => m.GetProperty("Destination").GetString() == "/srv/conf").GetProperty("RW").GetBoolean());
        // By the image's own entrypoint and command.
        Assert.Equal(["serve"], Inspect().GetProperty("Args").EnumerateArray().Select(a => a.GetString()));
    }

    [Fact]
    public async Task Built_from_its_configuration_it_finds_an_empty_folder()
    {
        Runs(r => r with { Configuration = null });

        var answer = await InvokeAsync("read", """{"path":"/etc/connector/configuration.json"}""");

        Assert.Equal("http_422", answer.Error!.Code);
        Assert.Contains("no such file", answer.Error.Message, StringComparison.Ordinal);
        Assert.Contains("ro", Inspect().GetProperty("HostConfig").GetProperty("Tmpfs").GetProperty("/etc/connector").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exit0", 0)]
    [InlineData("exit7", 7)]
    public async Task One_that_exits_before_it_is_ready_has_not_started_whatever_its_code(string how, int code)
    {
        var fault = await FaultAsync(() => InvokeAsync("add", """{"a":1,"b":2}""", $$"""{"START":"{{how}}"}"""));

        Assert.Equal(("connector_exited", "no database at 10.0.0.1"), (fault.Code, fault.Detail));
        Assert.Contains($"exited with code {code} before it was ready", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Containers());
    }

    [Fact]
    public async Task One_whose_health_is_never_200_has_not_started()
    {
        var fault = await FaultAsync(() => Driver.CheckAsync(Launch(startSeconds: 3), """{"START":"never"}""", Cancel));

        Assert.Equal("connector_not_ready", fault.Code);
        Assert.Contains("GET /health answers 503", fault.Message, StringComparison.Ordinal);
        Assert.Empty(Containers());
    }

    [Fact]
    public async Task One_that_answers_HTML_where_its_capabilities_should_be_is_not_waited_for()
    {
        var fault = await FaultAsync(() => Driver.CheckAsync(Launch(), """{"START":"html"}""", Cancel));

        Assert.Equal("bad_answer", fault.Code);
        Assert.Contains("looks like HTML", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Welcome to the proxy", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_kept_warm_and_told_to_stop_gently_at_the_end()
    {
        await ValueAsync("add", """{"a":1,"b":2}""");
        var first = Assert.Single(Containers());
        await ValueAsync("add", """{"a":1,"b":2}""");
        Assert.Equal(first, Assert.Single(Containers()));

        await ValueAsync("add", """{"a":1,"b":2}""", """{"OTHER":"options"}""");
        await Wait.ForAsync("the end of the first", () => Containers() is [var one] && one != first, Limit);
    }

    [Fact]
    public async Task One_that_dies_is_replaced_and_its_last_words_are_told()
    {
        var fault = await FaultAsync(() => InvokeAsync("break", """{"how":"die"}"""));
        Assert.Equal(("connector_exited", "no more memory for this"), (fault.Code, fault.Detail));
        Assert.Contains("exited with code 3", fault.Message, StringComparison.Ordinal);

        Assert.Equal(3, (await ValueAsync("add", """{"a":1,"b":2}""")).GetInt32());
    }

    [Fact]
    public async Task A_bundle_without_its_runtime_is_said_to_be_no_package()
    {
        File.Delete(Path.Combine(Bundle, PackageRuntime.Path));

        Assert.Equal("bad_package_bundle", (await FaultAsync(() => InvokeAsync("add", "{}"))).Code);
    }

    private JsonElement Inspect() => JsonSerializer.Deserialize<JsonElement>(Engine.Docker("inspect", Assert.Single(Containers())))[0];
}
