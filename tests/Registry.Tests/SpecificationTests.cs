using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Net.Client;
using Platform.ServiceDefaults;
using static Platform.Registry.Tests.RegistryFixture;
using Client = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Registry.Tests;

/// <summary>Connectors that describe themselves: what they say is kept with the version, and their connections' options are checked by it.</summary>
[Collection(nameof(ServiceRing))]
public sealed class SpecificationTests(RegistryFixture registry)
{
    private const string Secret = "hunter2-of-the-specified";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_version_says_of_itself_is_kept_with_it_and_told_to_runs()
    {
        await InstallAsync("spec-kept", 'a', Parameters());
        registry.Peers.Runner.Specifications.TryRemove("spec-kept", out _);
        await registry.Install(Manifest("spec-kept", "./2"), id => Success(id, 'b'));

        var (first, second) = (await registry.Get("/v1/connectors/spec-kept/versions/1/specification"), await registry.Get("/v1/connectors/spec-kept/specification"));
        Assert.Equal((1, "platform", "token"), (first.GetProperty("version").GetInt32(), first.GetProperty("protocol").GetString(),
            first.GetProperty("specification").GetProperty("parameters")[0].GetProperty("name").GetString()));
        Assert.Equal((2, "c1", JsonValueKind.Null), (second.GetProperty("version").GetInt32(), second.GetProperty("protocol").GetString(), second.GetProperty("specification").ValueKind));
        Assert.Equal("unknown_version", (await registry.Get("/v1/connectors/spec-kept/versions/3/specification", 404)).GetProperty("code").GetString());
        Assert.Equal("unknown_connector", (await registry.Get("/v1/connectors/spec-none/specification", 404)).GetProperty("code").GetString());

        var id = (await registry.Post("/v1/connections", """{"name": "spec-kept", "connector": "spec-kept", "options": "anything"}""", 201)).GetProperty("id").GetString();
        Assert.True((await PrepareAsync(id)).Specification.IsEmpty);
        await registry.Post("/v1/connectors/spec-kept/rollback", "", 200);
        var run = await PrepareAsync(id);
        Assert.Equal(["token", "size", "nested"], ConnectorSpecification.FromJson(run.Specification.Span)!.Parameters.Select(p => p.Name));
        Assert.Equal("anything", run.Options.ToStringUtf8());
        var fit = (await registry.Get("/v1/connections/spec-kept")).GetProperty("options_errors");
        Assert.Equal(("options", "malformed_json"), (fit[0].GetProperty("field").GetString(), fit[0].GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("""{"name": "x", "version": "1", "summary": "a\u0000", "parameters": [], "streams": [], "actions": []}""")]
    [InlineData("""{"name": "x", "version": "1", "summary": "", "parameters": [{"name": "a", "description": "", "type": "odd"}], "streams": [], "actions": []}""")]
    [InlineData("[]")]
    public async Task A_version_whose_specification_can_not_be_used_is_rejected(string specification)
    {
        var name = $"spec-bad-{specification.Length}";
        registry.Peers.Runner.Specifications[name] = specification;
        var error = (await registry.Install(Manifest(name), id => Success(id))).GetProperty("error");
        Assert.Equal("version_check_failed", error.GetProperty("code").GetString());
        Assert.Contains("what it says of itself", error.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Every_error_of_options_is_named_at_once_with_those_of_the_other_fields()
    {
        await InstallAsync("spec-errors", 'a', Parameters());
        var options = await registry.Post("/v1/connections", $$$"""{"name": "spec-e", "connector": "spec-errors", "options": {"sise": 1, "size": 101, "nested": {"key": 7}, "token": "{{{Secret}}}"}}""", 422);
        Assert.Equal("invalid_options", options.GetProperty("code").GetString());
        Assert.Equal([("options.sise", "unknown_field"), ("options.size", "out_of_range"), ("options.nested.key", "wrong_type")], ErrorsOf(options));
        Assert.DoesNotContain(Secret, options.ToString());

        var all = await registry.Post("/v1/connections", """{"name": "No", "connector": "spec-errors", "options": {"size": "x"}, "max_attempts": 11, "streams": ["a", "a", 1]}""", 422);
        Assert.Equal("invalid_connection", all.GetProperty("code").GetString());
        Assert.Equal(
            ["max_attempts", "name", "options.size", "options.token", "streams[1]", "streams[2]"], ErrorsOf(all).Select(e => e.Field).Order(StringComparer.Ordinal));
        foreach (var wrong in new[] { "[1]", "\"[]\"", "\"{\"", "{\"token\": \"***\"}" })
            Assert.Equal("invalid_options", (await registry.Post("/v1/connections", ConnectionTests.Connection("spec-e", "spec-errors", wrong), 422)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Options_are_shown_with_secrets_masked_merged_by_a_change_and_kept_as_they_were_given()
    {
        await InstallAsync("spec-merge", 'a', Parameters());
        using var created = await registry.Client.PostAsync("/v1/connections", Content(
            $$$"""{"name": "spec-m", "connector": "spec-merge", "options": "{\"token\": \"{{{Secret}}}\", \"nested\": {\"key\": \"inner-{{{Secret}}}\", \"open\": \"é\"}}"}"""), Cancel);
        Assert.Equal(201, (int)created.StatusCode);
        var id = (await registry.Get("/v1/connections/spec-m")).GetProperty("id").GetString();
        Assert.Equal("""{"token":"***","nested":{"key":"***","open":"é"}}""", await ShownAsync("spec-m"));

        var etag = created.Headers.ETag!.Tag;
        var changed = await Change("spec-m", """{"options": {"token": "***", "size": "5", "nested": {"key": "***", "open": null}}, "idle_seconds": 30, "streams": ["s"]}""", etag, 200);
        Assert.Equal((30, "s"), (changed.GetProperty("idle_seconds").GetInt32(), changed.GetProperty("streams")[0].GetString()));
        Assert.Equal("""{"token":"***","nested":{"key":"***"},"size":"5"}""", await ShownAsync("spec-m"));
        var run = await PrepareAsync(id);
        Assert.Equal($$$"""{"token":"{{{Secret}}}","nested":{"key":"inner-{{{Secret}}}"},"size":"5"}""", run.Options.ToStringUtf8());
        Assert.Equal((30, false, "s"), (run.Policy.IdleSeconds, run.Policy.HasMaxAttempts, Assert.Single(run.Streams)));
        var heard = await registry.Heard("connection.updated.spec-merge", id!);
        Assert.Equal(["options", "streams", "idle_seconds"], heard.Body.GetProperty("changed").EnumerateArray().Select(c => c.GetString()));
        Assert.DoesNotContain(Secret, heard.Text);

        Assert.Equal([("options.token", "required")], ErrorsOf(await Change("spec-m", """{"options": {"token": null}}""", "*", 422)));
        Assert.Equal([("options", "masked_value")], ErrorsOf(await Change("spec-m", """{"options": {"nested": {"list": ["***"]}}}""", "*", 422)));
        Assert.All(registry.Host.Logs, line => Assert.DoesNotContain(Secret, line));
        Assert.DoesNotContain(Secret, await registry.DumpAsync());
    }

    [Fact]
    public async Task A_change_needs_the_state_that_it_is_meant_for()
    {
        await registry.Install(Manifest("patch-plain"), id => Success(id));
        using var created = await registry.Client.PostAsync("/v1/connections", Content("""{"name": "patch-p", "connector": "patch-plain", "options": "one", "max_attempts": 3}"""), Cancel);
        var etag = created.Headers.ETag!.Tag;
        Assert.Equal("if_match_required", (await Change("patch-p", "{}", null, 428)).GetProperty("code").GetString());
        Assert.Equal("etag_mismatch", (await Change("patch-p", "{}", "\"0-00000000\"", 412)).GetProperty("code").GetString());
        Assert.Equal("unknown_connection", (await Change("patch-nobody", "{}", "*", 404)).GetProperty("code").GetString());
        Assert.Equal([("name", "unknown_field"), ("total_seconds", "out_of_range")], ErrorsOf(await Change("patch-p", """{"name": "b", "total_seconds": 0}""", etag, 422)));

        // Nothing changes: neither does the ETag.
        await Change("patch-p", """{"max_attempts": 3, "options": "one"}""", etag, 200);
        var changed = await Change("patch-p", """{"max_attempts": null, "options": {"a": 1}, "full_listing": true}""", etag, 200);
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, true), (
            changed.GetProperty("max_attempts").ValueKind, changed.GetProperty("options").ValueKind, changed.GetProperty("full_listing").GetBoolean()));
        Assert.Equal("""{"a": 1}""", (await PrepareAsync(changed.GetProperty("id").GetString())).Options.ToStringUtf8());
        Assert.Equal("etag_mismatch", (await Change("patch-p", """{"full_listing": false}""", etag, 412)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_deleted_connection_is_gone_at_once_told_of_and_its_connector_can_go_too()
    {
        await registry.Install(Manifest("gone"), install => Success(install));
        var id = (await registry.Post("/v1/connections", ConnectionTests.Connection("gone-c", "gone", "{}"), 201)).GetProperty("id").GetString();
        Assert.Equal("connector_in_use", (await registry.Delete("/v1/connectors/gone", 409)).GetProperty("code").GetString());
        using (var refused = new HttpRequestMessage(HttpMethod.Delete, "/v1/connections/gone-c") { Headers = { { "If-Match", "\"9\"" } } })
            Assert.Equal("etag_mismatch", (await Body(registry.Client.SendAsync(refused, Cancel), 412)).GetProperty("code").GetString());

        await registry.Delete("/v1/connections/gone-c");

        Assert.Equal("unknown_connection", (await registry.Get("/v1/connections/gone-c", 404)).GetProperty("code").GetString());
        Assert.Equal("unknown_connection", (await registry.Delete("/v1/connections/gone-c", 404)).GetProperty("code").GetString());
        Assert.Equal("gone-c", (await registry.Heard("connection.deleted.gone", id!)).Body.GetProperty("connection").GetString());
        Assert.Equal("unknown_connection", ProblemException.FromRpc(await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => PrepareAsync(id)))?.Problem.Code);
        var again = (await registry.Post("/v1/connections", ConnectionTests.Connection("gone-c", "gone", "{}"), 201)).GetProperty("id").GetString();
        Assert.NotEqual(id, again);
        await registry.Delete("/v1/connections/gone-c");
        await registry.Delete("/v1/connectors/gone");
    }

    private static Parameter[] Parameters() =>
    [
        new("token", "", "string", Secret: true, Validations: [new("required")]), new("size", "", "int", Default: "10", Validations: [new("less_than", "100")]),
        new("nested", "", "object", Properties: [new("key", "", "string", Secret: true), new("open", "", "string"), new("list", "", "list", Elements: new("", "", "string", Secret: true))]),
    ];

    private async Task InstallAsync(string name, char digest, Parameter[] parameters)
    {
        registry.Peers.Runner.Specifications[name] = Encoding.UTF8.GetString(new ConnectorSpecification(name, "1", "", parameters, [], []).ToJson());
        Assert.Equal("succeeded", (await registry.Install(Manifest(name), id => Success(id, digest))).GetProperty("state").GetString());
    }

    private async Task<V1.RunSpecification> PrepareAsync(string? id)
    {
        using var channel = GrpcChannel.ForAddress(registry.Host.GrpcAddress);
        return await new Client(channel).PrepareRunAsync(
            new() { ConnectionId = id }, new() { { InternalSecret.Header, RegistryHost.Secret } }, DateTime.UtcNow.AddSeconds(15), Cancel);
    }

    private async Task<string> ShownAsync(string name) =>
        JsonSerializer.Serialize((await registry.Get($"/v1/connections/{name}")).GetProperty("options"), new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private async Task<JsonElement> Change(string name, string json, string? ifMatch, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/connections/{name}") { Content = Content(json) };
        if (ifMatch is not null) request.Headers.IfMatch.Add(ifMatch == "*" ? EntityTagHeaderValue.Any : new(ifMatch));
        return await Body(registry.Client.SendAsync(request, Cancel), status);
    }

    private static IEnumerable<(string? Field, string? Code)> ErrorsOf(JsonElement problem) =>
        problem.GetProperty("errors").EnumerateArray().Select(e => (e.GetProperty("field").GetString(), e.GetProperty("code").GetString()));
}
