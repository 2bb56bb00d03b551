using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Grpc.Net.Client;
using Platform.ServiceDefaults;
using static Platform.Registry.Tests.RegistryFixture;
using Client = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Registry.Tests;

/// <summary>The columns by which a connection's streams are asked for what has changed.</summary>
[Collection(nameof(ServiceRing))]
public sealed class CursorTests(RegistryFixture registry)
{
    private static readonly StreamSpecification[] Streams =
        [new("articles", "", true, CursorColumns: ["id", "updated_at"]), new("notes", "", false, CursorColumns: []), new("authors", "", true, CursorColumns: ["id"])];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task They_are_given_shown_merged_by_a_change_told_of_and_told_to_runs()
    {
        await InstallAsync("cursors-a", Streams);
        var created = await registry.Post("/v1/connections", """{"name": "cursors-a", "connector": "cursors-a", "options": {}, "cursors": {"articles": "updated_at"}}""", 201);
        var id = created.GetProperty("id").GetString()!;
        Assert.Equal("""{"articles":"updated_at"}""", Shown(created));
        Assert.Equal("""{"articles":"updated_at"}""", Shown((await registry.Get("/v1/connections?limit=1000")).GetProperty("items").EnumerateArray().Single(c => c.GetProperty("id").GetString() == id)));

        Assert.Equal("""{"articles":"updated_at","authors":"id"}""", Shown(await ChangeAsync("cursors-a", """{"cursors": {"authors": "id"}}""")));
        Assert.Equal(["cursors"], (await registry.Heard("connection.updated.cursors-a", id)).Body.GetProperty("changed").EnumerateArray().Select(c => c.GetString()));
        Assert.Equal(new() { ["articles"] = "updated_at", ["authors"] = "id" }, (await PrepareAsync(id)).Cursors.ToDictionary());
        var version = (await registry.Get("/v1/connections/cursors-a")).GetProperty("version").GetString();
        Assert.Equal(version, (await ChangeAsync("cursors-a", """{"cursors": {"authors": "id"}, "idle_seconds": null}""")).GetProperty("version").GetString());
        Assert.Equal("""{"articles":"id"}""", Shown(await ChangeAsync("cursors-a", """{"cursors": {"authors": null, "articles": "id"}}""")));
        Assert.Equal("{}", Shown(await ChangeAsync("cursors-a", """{"cursors": null}""")));
        Assert.Empty((await PrepareAsync(id)).Cursors);
    }

    [Fact]
    public async Task All_that_can_not_be_chosen_is_named_at_once_with_what_can()
    {
        await InstallAsync("cursors-b", Streams);
        var problem = await registry.Post("/v1/connections", """
            {"name": "No", "connector": "cursors-b", "options": {}, "cursors": {"artikles": "id", "articles": "updatedat", "authors": "name", "notes": "id", "x": 1, "": "id"}}
            """, 422);
        Assert.Equal("invalid_connection", problem.GetProperty("code").GetString());
        Assert.Equal(
            [
                ("name", "invalid_name"), ("cursors.x", "wrong_type"), ("cursors.", "invalid_name"), ("cursors.articles", "unknown_column"), ("cursors.artikles", "unknown_stream"),
                ("cursors.authors", "unknown_column"), ("cursors.notes", "cursors_not_supported"),
            ],
            ErrorsOf(problem).Select(e => (e.Field, e.Code)));
        var messages = ErrorsOf(problem).ToDictionary(e => e.Field!, e => e.Message);
        Assert.Equal("There is no such stream. Is articles meant?", messages["cursors.artikles"]);
        Assert.Equal("updatedat can't be chosen. Is updated_at meant?", messages["cursors.articles"]);
        Assert.Equal("name can't be chosen. Known are id.", messages["cursors.authors"]);

        foreach (var wrong in new[] { "[]", "\"id\"", "1" })
            Assert.Equal([("cursors", "wrong_type")], ErrorsOf(await registry.Post("/v1/connections", $$"""{"name": "cursors-b", "connector": "cursors-b", "cursors": {{wrong}}}""", 422)).Select(e => (e.Field, e.Code)));
        await registry.Post("/v1/connections", """{"name": "cursors-b", "connector": "cursors-b", "options": {}}""", 201);
        Assert.Equal([("cursors.authors", "unknown_column")], ErrorsOf(await ChangeAsync("cursors-b", """{"cursors": {"authors": "name"}}""", 422)).Select(e => (e.Field, e.Code)));
    }

    [Fact]
    public async Task A_connector_without_such_streams_takes_none()
    {
        await registry.Install(Manifest("cursors-c1"), id => Success(id, '1'));
        await InstallAsync("cursors-native", [new("articles", "", true)]);
        foreach (var connector in new[] { "cursors-c1", "cursors-native" })
        {
            var problem = await registry.Post("/v1/connections", $$"""{"name": "cursors-n", "connector": "{{connector}}", "options": "{}", "cursors": {"articles": "id"} }""", 422);
            Assert.Equal([("cursors", "cursors_not_supported")], ErrorsOf(problem).Select(e => (e.Field, e.Code)));
            await registry.Post("/v1/connections", $$"""{"name": "{{connector}}", "connector": "{{connector}}", "options": "{}", "cursors": {} }""", 201);
        }
    }

    [Fact]
    public async Task Where_the_streams_are_known_with_options_only_a_run_says_what_is_wrong()
    {
        await InstallAsync("cursors-ndc", [], """{"name": "cursors-ndc", "source": "Image", "uri": "demo", "protocol": "ndc"}""");
        var created = await registry.Post("/v1/connections", """{"name": "cursors-ndc", "connector": "cursors-ndc", "options": {}, "cursors": {"anything": "goes"}}""", 201);
        Assert.Equal("""{"anything":"goes"}""", Shown(created));
    }

    [Fact]
    public async Task Packaged_connectors_alone_can_be_always_on_and_Runners_are_told_which_are()
    {
        const string Ndc = """{"name": "always-ndc", "source": "Image", "uri": "demo", "protocol": "ndc"}""";
        await InstallAsync("always-ndc", [], Ndc);
        await InstallAsync("always-native", []);
        var problem = await registry.Post("/v1/connections", """{"name": "always-n", "connector": "always-native", "options": {}, "always_on": true}""", 422);
        Assert.Equal([("always_on", "always_on_not_supported")], ErrorsOf(problem).Select(e => (e.Field, e.Code)));
        await registry.Post("/v1/connections", """{"name": "always-n", "connector": "always-native", "options": {}, "always_on": false}""", 201);
        Assert.Equal([("always_on", "always_on_not_supported")], ErrorsOf(await ChangeAsync("always-n", """{"always_on": true}""", 422)).Select(e => (e.Field, e.Code)));

        var created = await registry.Post("/v1/connections", """{"name": "always-a", "connector": "always-ndc", "options": {}, "always_on": true}""", 201);
        await registry.Post("/v1/connections", """{"name": "always-b", "connector": "always-ndc", "options": {}}""", 201);
        Assert.True(created.GetProperty("always_on").GetBoolean());
        var id = created.GetProperty("id").GetString()!;
        var before = Assert.Single(await AlwaysOnAsync());
        Assert.Equal(id, before.Id);
        await ChangeAsync("always-a", """{"idle_seconds": 9}""");
        Assert.NotEqual(before.State, Assert.Single(await AlwaysOnAsync()).State);
        before = Assert.Single(await AlwaysOnAsync());
        Assert.Equal("succeeded", (await registry.Install(Ndc, install => Success(install, 'd'))).GetProperty("state").GetString());
        Assert.NotEqual(before.State, Assert.Single(await AlwaysOnAsync()).State);
        await ChangeAsync("always-a", """{"always_on": null}""");
        Assert.Empty(await AlwaysOnAsync());
        Assert.Equal(["always_on"], (await registry.Heard("connection.updated.always-ndc", "always_on")).Body.GetProperty("changed").EnumerateArray().Select(c => c.GetString()));
    }

    private async Task<IReadOnlyList<V1.AlwaysOnConnection>> AlwaysOnAsync()
    {
        using var channel = GrpcChannel.ForAddress(registry.Host.GrpcAddress);
        return (await new Client(channel).ListAlwaysOnAsync(new(), new() { { InternalSecret.Header, RegistryHost.Secret } }, DateTime.UtcNow.AddSeconds(15), Cancel)).Connections;
    }

    private async Task InstallAsync(string name, StreamSpecification[] streams, string? manifest = null)
    {
        registry.Peers.Runner.Specifications[name] = Encoding.UTF8.GetString(new ConnectorSpecification(name, "1", "", [], streams, []).ToJson());
        Assert.Equal("succeeded", (await registry.Install(manifest ?? Manifest(name), id => Success(id, 'c'))).GetProperty("state").GetString());
    }

    private async Task<JsonElement> ChangeAsync(string name, string json, int status = 200)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/v1/connections/{name}") { Content = Content(json) };
        request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
        return await Body(registry.Client.SendAsync(request, Cancel), status);
    }

    private async Task<V1.RunSpecification> PrepareAsync(string id)
    {
        using var channel = GrpcChannel.ForAddress(registry.Host.GrpcAddress);
        return await new Client(channel).PrepareRunAsync(
            new() { ConnectionId = id }, new() { { InternalSecret.Header, RegistryHost.Secret } }, DateTime.UtcNow.AddSeconds(15), Cancel);
    }

    private static string Shown(JsonElement connection) => connection.GetProperty("cursors").GetRawText();

    private static IEnumerable<(string? Field, string? Code, string? Message)> ErrorsOf(JsonElement problem) => problem.GetProperty("errors").EnumerateArray()
        .Select(e => (e.GetProperty("field").GetString(), e.GetProperty("code").GetString(), e.GetProperty("message").GetString()));
}
