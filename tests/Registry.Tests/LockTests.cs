using System.Text.Json;
using System.Text.Json.Nodes;
using Platform.Contracts;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

[Collection(nameof(ServiceRing))]
public sealed class LockTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_lock_says_what_is_current_and_applying_it_changes_nothing()
    {
        await registry.Install(Manifest("lock-same"), id => Success(id) with { SourceDigest = new string('5', 64) });

        var locked = await Locked("lock-same");
        Assert.Equal((new string('a', 64), new string('5', 64), "c0ffee"),
            (Text(locked, "digest"), Text(locked, "source_digest"), Text(locked, "source_revision")));
        Assert.Equal("/srv/lock-same", (string?)locked["manifest"]!["uri"]);
        Assert.Equal((await registry.Get("/v1/lock")).GetRawText(), (await registry.Get("/v1/lock")).GetRawText());

        locked["source_revision"] = null;
        var applied = await Put(200, [locked]);
        Assert.Equal("unchanged", Text(Single(applied), "action"));
        Assert.Contains("lock-same", (await Put(200, [])).GetProperty("not_in_lock").EnumerateArray().Select(name => name.GetString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_not_there_is_installed_as_pinned(bool strict)
    {
        var name = "lock-pinned-" + (strict ? "strict" : "lenient");
        var (digest, commit) = (new string('7', 64), new string('c', 40));

        var applied = Single(await Put(202, [Entry(name, digest, commit)], strict ? "?strict=true" : ""));

        Assert.Equal("installing", Text(applied, "action"));
        var id = Guid.Parse((string)applied["install"]!["id"]!);
        var command = await registry.Installer.CommandAsync(id, Cancel);
        Assert.Equal(new SourcePin(commit, null, digest, strict), command.Pin);
        Assert.Equal("restore", (await registry.Get($"/v1/installs/{id}")).GetProperty("kind").GetString());
        await registry.Installer.SendAsync(Success(id, '7') with { Warnings = [new("bundle_differs", "Another digest.")] }, Cancel);
        var record = await registry.Finished(id);
        Assert.Equal(("succeeded", "bundle_differs"), (record.GetProperty("state").GetString(), record.GetProperty("warnings")[0].GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_version_that_is_there_becomes_current_at_once()
    {
        await registry.Install(Manifest("lock-back"), id => Success(id, 'a') with { SourceRevision = null });
        var first = await Locked("lock-back");
        await registry.Install(Manifest("lock-back"), id => Success(id, 'b') with { SourceRevision = null });

        var applied = Single(await Put(200, [first]));

        Assert.Equal(("switched", 1), (Text(applied, "action"), (int)applied["version"]!));
        Assert.Equal(1, (await registry.Get("/v1/connectors/lock-back")).GetProperty("version").GetInt32());
        await Until("the event is heard", () => Task.FromResult(
            registry.Events.Heard.Any(e => e.RoutingKey == "connector.rolled-back.lock-back" && e.Text.Contains("\"from_version\":2"))));
    }

    [Fact]
    public async Task Where_one_install_is_running_already_none_begins()
    {
        var running = (await registry.Post("/v1/connectors", Manifest("lock-busy-z"), 202)).GetProperty("id").GetGuid();

        var problem = await Put(409, [Entry("lock-busy-a", new string('1', 64)), Entry("lock-busy-z", new string('2', 64))]);

        Assert.Equal(("install_running", $"/v1/installs/{running}"), (problem.GetProperty("code").GetString(), problem.GetProperty("location").GetString()));
        Assert.Empty((await registry.Get("/v1/installs?connector=lock-busy-a")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task A_running_install_refuses_also_what_would_stay()
    {
        await registry.Install(Manifest("lock-moving"), id => Success(id) with { SourceRevision = null });
        var locked = await Locked("lock-moving");
        await registry.Post("/v1/connectors", Manifest("lock-moving", "./newer"), 202);

        Assert.Equal("install_running", (await Put(409, [locked])).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_bundle_that_came_from_another_source_is_not_what_is_pinned()
    {
        await registry.Install(Manifest("lock-source"), id => Success(id) with { SourceRevision = null, SourceDigest = new string('5', 64) });
        var locked = await Locked("lock-source");
        locked["source_digest"] = new string('6', 64);

        Assert.Equal("installing", Text(Single(await Put(202, [locked])), "action"));
    }

    [Fact]
    public async Task Every_error_of_every_entry_is_told_at_once()
    {
        var bad = Entry("lock-bad", "short", "--upload-pack=x");
        bad["manifest"]!["source"] = "FTP";
        var problem = await Put(422, [bad, Entry("lock-twice", new string('1', 64)), Entry("lock-twice", new string('1', 64))], lockVersion: 2);

        Assert.Equal("invalid_lock", problem.GetProperty("code").GetString());
        Assert.Equal(
            ["connectors", "connectors[0].digest", "connectors[0].manifest.source", "connectors[0].source_revision", "lock_version"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("field").GetString()).Order(StringComparer.Ordinal));
    }

    private static JsonObject Entry(string name, string digest, string? commit = null) => new()
    {
        ["name"] = name,
        ["manifest"] = new JsonObject { ["name"] = name, ["source"] = "VCS", ["uri"] = "https://example.org/x.git", ["command"] = "./x" },
        ["source_revision"] = commit,
        ["digest"] = digest,
    };

    private static string? Text(JsonNode node, string field) => (string?)node[field];

    private static JsonNode Single(JsonElement applied) => JsonNode.Parse(Assert.Single(applied.GetProperty("connectors").EnumerateArray()).GetRawText())!;

    private async Task<JsonNode> Locked(string name) =>
        JsonNode.Parse((await registry.Get("/v1/lock")).GetRawText())!["connectors"]!.AsArray().Single(c => (string)c!["name"]! == name)!;

    private Task<JsonElement> Put(int status, JsonNode[] connectors, string query = "", int lockVersion = 1) =>
        Body(registry.Client.PutAsync("/v1/lock" + query, Content(
            new JsonObject { ["lock_version"] = lockVersion, ["connectors"] = new JsonArray([.. connectors.Select(c => c.DeepClone())]) }.ToJsonString())), status);
}
