using System.Net;
using System.Text.Json;
using Platform.Contracts;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>Versions as their routes show, move and remove them.</summary>
[Collection(nameof(ServiceRing))]
public sealed class VersionTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rollback_takes_the_next_older_version_at_once_and_tells_of_it()
    {
        await InstallAsync("roll", 3);
        var detail = await registry.Post("/v1/connectors/roll/rollback", "", 200);

        Assert.Equal((2, new string('2', 64)), (detail.GetProperty("version").GetInt32(), detail.GetProperty("digest").GetString()));
        Assert.Equal(["3 ready", "2 ready*", "1 ready"], detail.GetProperty("versions").EnumerateArray().Select(v =>
            $"{v.GetProperty("version").GetInt32()} {v.GetProperty("state").GetString()}{(v.GetProperty("current").GetBoolean() ? "*" : "")}"));
        var heard = (await registry.Heard("connector.rolled-back.roll", "\"from_version\":3")).Body;
        Assert.Equal(("roll", 2, new string('2', 64)), (heard.GetProperty("connector").GetString(), heard.GetProperty("version").GetInt32(), heard.GetProperty("digest").GetString()));

        // Named, it may be newer too; what is current already stays so, without news.
        Assert.Equal(3, (await registry.Post("/v1/connectors/roll/rollback", """{"version": 3}""", 200)).GetProperty("version").GetInt32());
        Assert.Equal(3, (await registry.Post("/v1/connectors/roll/rollback", """{"version": 3}""", 200)).GetProperty("version").GetInt32());
        await registry.Post("/v1/connectors/roll/rollback", """{"version": 1}""", 200);
        Assert.Equal("no_earlier_version", await CodeAsync(registry.Post("/v1/connectors/roll/rollback", """{"version": null}""", 409)));
        await registry.Heard("connector.rolled-back.roll", "\"version\":1");
        Assert.Equal(3, registry.Events.Heard.Count(e => e.RoutingKey == "connector.rolled-back.roll"));
    }

    [Fact]
    public async Task A_rollback_passes_over_versions_that_were_rejected()
    {
        await InstallAsync("roll-over", 1);
        await RejectAsync("roll-over");
        await registry.Install(Manifest("roll-over"), id => Success(id, '3'));
        Assert.Equal(1, (await registry.Post("/v1/connectors/roll-over/rollback", "{}", 200)).GetProperty("version").GetInt32());
        Assert.Equal(["3 ready", "2 rejected", "1 ready*"], await registry.Versions("roll-over"));
    }

    [Theory]
    [InlineData("nobody", "", 404, "unknown_connector")]
    [InlineData("roll-bad", """{"version": 7}""", 404, "unknown_version")]
    [InlineData("roll-bad", """{"version": 2}""", 409, "version_not_ready")]
    [InlineData("roll-bad", "", 409, "no_earlier_version")]
    [InlineData("roll-bad", """{"version": "1"}""", 422, "invalid_rollback")]
    [InlineData("roll-bad", """{"version": 1, "to": 1}""", 422, "invalid_rollback")]
    [InlineData("roll-bad", "[]", 422, "invalid_rollback")]
    [InlineData("roll-bad", "{", 400, "malformed_json")]
    public async Task A_rollback_that_can_not_be_is_refused_by_code_and_moves_nothing(string name, string body, int status, string code)
    {
        if (name == "roll-bad" && await registry.Current(name) == 0)
        {
            await InstallAsync(name, 1);
            await RejectAsync(name);
        }
        Assert.Equal(code, await CodeAsync(registry.Post($"/v1/connectors/{name}/rollback", body, status)));
        if (name == "roll-bad") Assert.Equal(["2 rejected", "1 ready*"], await registry.Versions(name));
    }

    [Fact]
    public async Task The_versions_are_listed_in_pages_with_what_they_are_made_of()
    {
        const string name = "versions-list";
        for (var i = 1; i <= 3; i++)
            await registry.Install($$"""{"name": "{{name}}", "source": "HTTP", "uri": "https://example.com/a.zip", "command": "./a", "version": "1.{{i}}"}""",
                id => Success(id, 'a') with { SourceDigest = new string('d', 64), SourceRevision = null });
        await registry.Post($"/v1/connectors/{name}/rollback", "", 200);

        var first = await registry.Get($"/v1/connectors/{name}/versions?limit=2");
        var rest = await registry.Get($"/v1/connectors/{name}/versions?limit=2&cursor={first.GetProperty("next").GetString()}");

        var shown = first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).ToList();
        Assert.Equal([(3, "1.3", false), (2, "1.2", true), (1, "1.1", false)], shown.Select(v =>
            (v.GetProperty("version").GetInt32(), v.GetProperty("declared_version").GetString()!, v.GetProperty("current").GetBoolean())));
        Assert.All(shown, v => Assert.Equal(("ready", new string('a', 64), 1234, new string('d', 64), JsonValueKind.Null), (
            v.GetProperty("state").GetString(), v.GetProperty("digest").GetString(), v.GetProperty("size_bytes").GetInt32(),
            v.GetProperty("source_digest").GetString(), v.GetProperty("source_revision").ValueKind)));
        Assert.Equal(JsonValueKind.Null, rest.GetProperty("next").ValueKind);
        Assert.Equal("unknown_connector", await CodeAsync(registry.Get("/v1/connectors/nobody/versions", 404)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("make update")]
    public async Task An_update_installs_the_current_manifest_again_in_the_current_files_where_there_is_a_command(string? command)
    {
        var name = command is null ? "update-anew" : "update-in-place";
        await registry.Install(JsonSerializer.Serialize(new { name = "other", source = "Local", uri = "/srv/u", command = "./run", update_command = command })
            .Replace("other", name), id => Success(id, '1'));
        await registry.Install(Manifest(name, "./newer"), id => Success(id, '2'));
        await registry.Post($"/v1/connectors/{name}/rollback", "", 200);

        using var begun = await registry.Client.PostAsync($"/v1/connectors/{name}/update", null, Cancel);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        var install = JsonSerializer.Deserialize<JsonElement>(await begun.Content.ReadAsStringAsync(Cancel));
        var id = install.GetProperty("id").GetGuid();
        Assert.Equal(("update", $"/v1/installs/{id}"), (install.GetProperty("kind").GetString(), begun.Headers.Location?.ToString()));
        var sent = await registry.Installer.CommandAsync(id, Cancel);
        Assert.Equal((name, "./run", command), (sent.Manifest.Name, sent.Manifest.Command, sent.Manifest.UpdateCommand));
        Assert.Equal(command is null ? null : new InstalledVersion(new string('1', 64), "c0ffee"), sent.UpdateFrom);
        using var second = await registry.Client.PostAsync($"/v1/connectors/{name}/update", null, Cancel);
        Assert.Equal((HttpStatusCode.Conflict, $"/v1/installs/{id}"), (second.StatusCode, second.Headers.Location?.ToString()));

        await registry.Installer.SendAsync(Success(id, '3'), Cancel);
        Assert.Equal(3, (await registry.Finished(id)).GetProperty("version").GetInt32());
        Assert.Equal(3, await registry.Current(name));
    }

    [Fact]
    public async Task A_version_is_deleted_unless_something_uses_it()
    {
        await InstallAsync("del-version", 3);
        registry.Peers.Runner.Used[new string('1', 64)] = true;
        try
        {
            Assert.Equal("version_in_use", await CodeAsync(registry.Delete("/v1/connectors/del-version/versions/1", 409)));
            Assert.Equal("version_in_use", await CodeAsync(registry.Delete("/v1/connectors/del-version/versions/3", 409)));
            Assert.Equal(["3 ready*", "2 ready", "1 ready"], await registry.Versions("del-version"));
            await registry.Delete("/v1/connectors/del-version/versions/2");
        }
        finally
        {
            registry.Peers.Runner.Used.Clear();
        }
        await registry.Delete("/v1/connectors/del-version/versions/1");
        Assert.Equal(["3 ready*"], await registry.Versions("del-version"));
        foreach (var (path, code) in new[]
        {
            ("del-version/versions/1", "unknown_version"), ("del-version/versions/x", "unknown_version"), ("del-version/versions/-1", "unknown_version"), ("nobody/versions/1", "unknown_version"),
        })
            Assert.Equal(code, await CodeAsync(registry.Delete($"/v1/connectors/{path}", 404)));
        Assert.Equal("no_earlier_version", await CodeAsync(registry.Post("/v1/connectors/del-version/rollback", "", 409)));
    }

    [Fact]
    public async Task A_connector_is_deleted_once_no_connection_uses_it()
    {
        const string name = "del-connector";
        await InstallAsync(name, 2);
        for (var i = 10; i < 21; i++) await registry.Post("/v1/connections", ConnectionTests.Connection($"{name}-{i}", name, "{}"), 201);

        var problem = await registry.Delete($"/v1/connectors/{name}", 409);
        Assert.Equal("connector_in_use", problem.GetProperty("code").GetString());
        Assert.Equal(Enumerable.Range(10, 10).Select(i => $"{name}-{i}"), problem.GetProperty("connections").EnumerateArray().Select(c => c.GetString()));
        Assert.Contains($"{name}-19 and more", problem.GetProperty("detail").GetString());
        Assert.Equal(2, await registry.Current(name));

        using var rows = new VersionRows(registry.Database);
        await rows.ExecuteAsync($"DELETE FROM connections WHERE connector = '{name}'");
        var running = (await registry.Post("/v1/connectors", Manifest(name), 202)).GetProperty("id").GetGuid();
        var refused = await registry.Delete($"/v1/connectors/{name}", 409);
        Assert.Equal(("install_running", $"/v1/installs/{running}"), (refused.GetProperty("code").GetString(), refused.GetProperty("location").GetString()));
        await registry.Installer.CommandAsync(running, Cancel);
        await registry.Installer.SendAsync(new InstallFinished(running, false, null, null, null, new("git_failed", "No.")), Cancel);
        await registry.Finished(running);

        await registry.Delete($"/v1/connectors/{name}");
        Assert.Equal("unknown_connector", await CodeAsync(registry.Delete($"/v1/connectors/{name}", 404)));
        Assert.Equal("unknown_connector", await CodeAsync(registry.Get($"/v1/connectors/{name}/versions", 404)));
        await registry.Heard($"connector.deleted.{name}", name);
        Assert.Equal(0, await rows.CountAsync($"connector_versions WHERE connector = '{name}'"));
        await InstallAsync(name, 1);
    }

    [Fact]
    public async Task A_connection_and_the_deletion_of_its_connector_never_both_succeed()
    {
        for (var i = 0; i < 8; i++)
        {
            var name = $"del-race-{i}";
            await InstallAsync(name, 1);
            var connect = registry.Client.PostAsync("/v1/connections", Content(ConnectionTests.Connection(name, name, "{}")), Cancel);
            var delete = registry.Client.DeleteAsync($"/v1/connectors/{name}", Cancel);
            using var connected = await connect;
            using var deleted = await delete;
            Assert.Contains(((int)connected.StatusCode, (int)deleted.StatusCode), new[] { (201, 409), (404, 204) });
        }
    }

    [Theory]
    [InlineData("POST", "/v1/connectors/x/update")]
    [InlineData("POST", "/v1/connectors/x/rollback")]
    [InlineData("DELETE", "/v1/connectors/x/versions/1")]
    [InlineData("DELETE", "/v1/connectors/x")]
    [InlineData("POST", "/v1/installs/00000000-0000-0000-0000-000000000000/cancel")]
    public async Task What_changes_versions_needs_the_scope_of_installing(string method, string path)
    {
        using var reader = registry.Host.ClientWith("connectors:read connections:write");
        using var request = new HttpRequestMessage(new(method), path);
        Assert.Equal("insufficient_scope", await CodeAsync(Body(reader.SendAsync(request, Cancel), 403)));
    }

    /// <summary>Versions 1, 2, 3 …, whose bundles are 1111…, 2222… and so on.</summary>
    private async Task InstallAsync(string name, int count)
    {
        for (var i = 1; i <= count; i++)
        {
            var digest = (char)('0' + i);
            await registry.Install(Manifest(name), id => Success(id, digest));
        }
        Assert.Equal(count, await registry.Current(name));
    }

    private async Task RejectAsync(string name)
    {
        registry.Peers.Runner.Checks[name] = _ => throw Peers.Problem(Grpc.Core.StatusCode.FailedPrecondition, 409, "handshake_failed", "No.");
        Assert.Equal("failed", (await registry.Install(Manifest(name, "./rejected"), id => Success(id, 'f'))).GetProperty("state").GetString());
        registry.Peers.Runner.Checks.TryRemove(name, out _);
    }

    private static async Task<string?> CodeAsync(Task<JsonElement> problem) => (await problem).GetProperty("code").GetString();
}
