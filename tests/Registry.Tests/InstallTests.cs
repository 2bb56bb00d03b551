using System.Net;
using System.Net.Http.Headers;
using Npgsql;
using Platform.Contracts;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

[Collection(nameof(ServiceRing))]
public sealed class InstallTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_manifest_becomes_a_command_and_the_answer_a_listed_connector_with_an_event()
    {
        using var posted = await registry.Client.PostAsync("/v1/connectors", Content(Manifest("flow")), Cancel);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        var location = posted.Headers.Location!.ToString();
        var id = Guid.Parse(location["/v1/installs/".Length..]);
        Assert.Equal("queued", (await registry.Get(location)).GetProperty("state").GetString());

        var command = await registry.Installer.CommandAsync(id, Cancel);
        Assert.Equal(("flow", "/srv/flow", "./run"), (command.Connector, command.Manifest.Uri, command.Manifest.Command));
        await registry.Installer.SendAsync(new InstallProgressed(id, "building"), Cancel);
        await Until("the stage is shown", async () => await registry.Get(location) is var shown
            && (shown.GetProperty("state").GetString(), shown.GetProperty("stage").GetString()) == ("running", "building"));
        await registry.Installer.SendAsync(Success(id), Cancel);

        var record = await registry.Finished(id);
        Assert.Equal(("succeeded", 1), (record.GetProperty("state").GetString(), record.GetProperty("version").GetInt32()));
        var shown = await registry.Get("/v1/connectors/flow");
        Assert.Equal(new string('a', 64), shown.GetProperty("digest").GetString());
        Assert.Equal("c1", shown.GetProperty("protocol").GetString());
        Assert.Equal("c0ffee", Assert.Single(shown.GetProperty("versions").EnumerateArray()).GetProperty("source_revision").GetString());
        Assert.Contains((await registry.Get("/v1/connectors")).GetProperty("items").EnumerateArray(), c => c.GetProperty("name").GetString() == "flow");

        var heard = (await registry.Heard("connector.installed.flow", id)).Body;
        Assert.Equal((id, "flow", 1), (heard.GetProperty("install_id").GetGuid(), heard.GetProperty("connector").GetString(), heard.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task News_that_was_overtaken_says_nothing()
    {
        var id = (await registry.Post("/v1/connectors", Manifest("overtaken"), 202)).GetProperty("id").GetGuid();
        await registry.Installer.CommandAsync(id, Cancel);
        var now = DateTimeOffset.UtcNow;
        await registry.Installer.SendAsync(new InstallProgressed(id, "building") { At = now }, Cancel);
        await Until("the stage is shown", async () => await Stage() == "building");

        await registry.Installer.SendAsync(new InstallProgressed(id, "fetching") { At = now.AddSeconds(-1) }, Cancel);
        await registry.Installer.SendAsync(new InstallProgressed(id, "packing", 1, 2) { At = now.AddSeconds(1) }, Cancel);
        await Until("the newest is shown", async () => await Stage() == "packing");
        await registry.Installer.SendAsync(new InstallProgressed(id, "fetching") { At = now.AddSeconds(-1) }, Cancel);
        await registry.Installer.SendAsync(Success(id), Cancel);

        Assert.Equal("succeeded", (await registry.Finished(id)).GetProperty("state").GetString());
        await using var source = NpgsqlDataSource.Create(registry.Database);
        await using var progress = source.CreateCommand("SELECT progress_at FROM installs WHERE id = $1");
        progress.Parameters.Add(new() { Value = id });
        Assert.Equal(now.AddSeconds(1).UtcDateTime, (DateTime)(await progress.ExecuteScalarAsync(Cancel))!, TimeSpan.FromMilliseconds(1));

        async Task<string?> Stage() => (await registry.Get($"/v1/installs/{id}")).GetProperty("stage").GetString();
    }

    [Fact]
    public async Task A_failed_install_keeps_the_reason_and_leaves_the_current_version()
    {
        await registry.Install(Manifest("failing"), id => Success(id));
        var error = new InstallError("command_failed", "The build failed.", "Read the output.", "make", 2, "no rule\0");
        var record = await registry.Install(Manifest("failing", "./other"), id => new(id, false, null, null, null, error));

        Assert.Equal("failed", record.GetProperty("state").GetString());
        var shown = record.GetProperty("error");
        Assert.Equal(("make", 2, "no rule\0"),
            (shown.GetProperty("command").GetString(), shown.GetProperty("exit_code").GetInt32(), shown.GetProperty("output_tail").GetString()));
        Assert.Equal(1, (await registry.Get("/v1/connectors/failing")).GetProperty("version").GetInt32());
        var heard = await registry.Heard("connector.install-failed.failing", record.GetProperty("id").GetGuid());
        Assert.Equal("command_failed", heard.Body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_connector_whose_first_install_failed_does_not_exist()
    {
        await registry.Install(Manifest("stillborn"), id => new(id, false, null, null, null, new("source_unsupported", "No.")));
        var problem = await registry.Get("/v1/connectors/stillborn", 404);
        Assert.Equal("unknown_connector", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task The_same_digest_and_manifest_stay_the_version_and_anything_else_makes_the_next()
    {
        async Task<int> Version(string command, char digest) =>
            (await registry.Install(Manifest("versions", command), id => Success(id, digest))).GetProperty("version").GetInt32();

        int[] made = [await Version("./a", 'a'), await Version("./a", 'a'), await Version("./a", 'b'), await Version("./b", 'b')];
        Assert.Equal([1, 1, 2, 3], made);
        Assert.Equal([3, 2, 1], (await registry.Get("/v1/connectors/versions")).GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task An_answer_that_comes_again_changes_nothing_and_is_told_once()
    {
        var record = await registry.Install(Manifest("twice"), id => Success(id));
        var id = record.GetProperty("id").GetGuid();
        await registry.Installer.SendAsync(Success(id, 'b'), Cancel);
        await registry.Installer.SendAsync(new InstallFinished(Guid.CreateVersion7(), true, new string('a', 64), 1, null, null), Cancel);
        // Commands of one queue are handled in turn or side by side: a third install proves that the repeats are through.
        await registry.Install(Manifest("twice-after"), other => Success(other));
        await registry.Heard("connector.installed.twice", id);

        var shown = await registry.Get("/v1/connectors/twice");
        Assert.Equal((1, new string('a', 64)), (shown.GetProperty("version").GetInt32(), shown.GetProperty("digest").GetString()));
        Assert.Single(registry.Events.Heard, e => e.RoutingKey == "connector.installed.twice");
    }

    [Fact]
    public async Task A_second_install_of_a_name_is_refused_while_the_first_goes_on()
    {
        var first = (await registry.Post("/v1/connectors", Manifest("busy"), 202)).GetProperty("id").GetGuid();
        using var second = await registry.Client.PostAsync("/v1/connectors", Content(Manifest("busy")), Cancel);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Equal($"/v1/installs/{first}", second.Headers.Location?.ToString());
        Assert.Contains("install_running", await second.Content.ReadAsStringAsync(Cancel));

        await registry.Installer.SendAsync(Success(first), Cancel);
        await registry.Finished(first);
        await registry.Install(Manifest("busy"), id => Success(id));
    }

    [Fact]
    public async Task The_command_holds_all_of_the_manifest_and_what_the_download_has_done_is_shown()
    {
        var manifest = $$"""
            {"name": "whole", "source": "HTTP", "uri": "https://example.com/a.zip", "command": "./a", "version": "2.0", "sha256": "{{new string('a', 64)}}",
             "env": {"Camel_Case": "v"}, "limits": {"memory_mb": 64}, "platforms": ["linux/amd64"]}
            """;
        var begun = await registry.Post("/v1/connectors", manifest, 202);
        var id = begun.GetProperty("id").GetGuid();
        Assert.Equal(("install", "queued", 0), (begun.GetProperty("kind").GetString(), begun.GetProperty("state").GetString(), begun.GetProperty("warnings").GetArrayLength()));
        var command = await registry.Installer.CommandAsync(id, Cancel);
        Assert.Equal(("2.0", new string('a', 64), "v", 64, "linux/amd64"), (
            command.Manifest.Version, command.Manifest.Sha256, command.Manifest.Env!["Camel_Case"], command.Manifest.Limits!.MemoryMb, Assert.Single(command.Manifest.Platforms!)));
        Assert.Equal((null, null), (command.UpdateFrom, command.Pin));

        await registry.Installer.SendAsync(new InstallProgressed(id, "fetching", 1000, 3000), Cancel);
        await Until("the progress is shown", async () => (await registry.Get($"/v1/installs/{id}")).GetProperty("done_bytes").ValueKind == System.Text.Json.JsonValueKind.Number);
        var shown = await registry.Get($"/v1/installs/{id}");
        Assert.Equal(("running", "fetching", 1000, 3000), (
            shown.GetProperty("state").GetString(), shown.GetProperty("stage").GetString(), shown.GetProperty("done_bytes").GetInt32(), shown.GetProperty("total_bytes").GetInt32()));

        var warning = new InstallWarning("bundle_differs", "Another bundle.", "Look.");
        await registry.Installer.SendAsync(Success(id) with { SourceDigest = new string('d', 64), Warnings = [warning] }, Cancel);
        var kept = (await registry.Finished(id)).GetProperty("warnings")[0];
        Assert.Equal(("bundle_differs", "Another bundle.", "Look."), (
            kept.GetProperty("code").GetString(), kept.GetProperty("message").GetString(), kept.GetProperty("remedy").GetString()));
    }

    [Fact]
    public async Task An_unanswered_command_is_sent_again_after_its_time()
    {
        var id = (await registry.Post("/v1/connectors", Manifest("unanswered"), 202)).GetProperty("id").GetGuid();
        await registry.Installer.CommandAsync(id, Cancel);
        await using var source = NpgsqlDataSource.Create(registry.Database);
        await using var age = source.CreateCommand($"UPDATE installs SET last_sent_at = now() - interval '31 s' WHERE id = '{id}'");
        await age.ExecuteNonQueryAsync(Cancel);

        await registry.Installer.CommandAsync(id, Cancel);
        await registry.Installer.SendAsync(Success(id), Cancel);
        await registry.Finished(id);
    }

    [Fact]
    public async Task One_trace_goes_from_the_request_to_the_event()
    {
        const string trace = "0af7651916cd43dd8448eb211c80319c";
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/connectors") { Content = Content(Manifest("traced")) };
        request.Headers.Add("traceparent", $"00-{trace}-b7ad6b7169203331-01");
        var id = (await Body(registry.Client.SendAsync(request, Cancel), 202)).GetProperty("id").GetGuid();
        await registry.Installer.CommandAsync(id, Cancel);
        await registry.Installer.SendAsync(Success(id), Cancel);
        Assert.Contains(trace, (await registry.Heard("connector.installed.traced", id)).Traceparent);
    }

    [Fact]
    public async Task Installs_are_listed_by_connector_latest_first_in_pages()
    {
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++) ids.Insert(0, (await registry.Install(Manifest("paged"), id => Success(id))).GetProperty("id").GetGuid());

        var first = await registry.Get("/v1/installs?connector=paged&limit=2");
        var rest = await registry.Get($"/v1/installs?connector=paged&limit=2&cursor={first.GetProperty("next").GetString()}");
        Assert.Equal(ids, first.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(i => i.GetProperty("id").GetGuid()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, rest.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task The_name_in_the_query_wins()
    {
        var id = (await registry.Post("/v1/connectors?name=renamed", Manifest("original"), 202)).GetProperty("id").GetGuid();
        Assert.Equal("renamed", (await registry.Installer.CommandAsync(id, Cancel)).Manifest.Name);
    }

    [Theory]
    [InlineData("{", 400, "malformed_json")]
    [InlineData("", 400, "malformed_json")]
    [InlineData("[]", 422, "invalid_manifest")]
    [InlineData("{\"url\": 7}", 422, "invalid_manifest")]
    [InlineData("{\"url\": \"ftp://example.com/m.json\"}", 422, "invalid_manifest")]
    [InlineData("{\"url\": \"http://10.0.0.1/m.json\"}", 422, "outbound_refused")]
    [InlineData("{\"url\": \"http://[::ffff:169.254.169.254]/m.json\"}", 422, "outbound_refused")]
    [InlineData("{\"url\": \"http://127.0.0.1/\", \"command\": \"x\"}", 422, "invalid_manifest")]
    public async Task A_bad_install_request_is_refused_by_code(string body, int status, string code) =>
        Assert.Equal(code, (await registry.Post("/v1/connectors", body, status)).GetProperty("code").GetString());

    [Fact]
    public async Task A_manifest_without_command_and_with_an_unknown_source_names_both()
    {
        var problem = await registry.Post("/v1/connectors", """{"name": "x", "source": "FTP", "uri": "/x"}""", 422);
        Assert.Equal(["command", "source"], problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("field").GetString()).Order());
    }

    [Fact]
    public async Task A_body_past_the_limit_is_refused()
    {
        var problem = await registry.Post("/v1/connectors", Manifest("big", new string('x', 300 * 1024)), 413);
        Assert.Equal("body_too_large", problem.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("/v1/installs/7", 404, "unknown_install")]
    [InlineData("/v1/installs/00000000-0000-0000-0000-000000000000", 404, "unknown_install")]
    [InlineData("/v1/connectors/nobody", 404, "unknown_connector")]
    [InlineData("/v1/connectors?limit=0", 400, "bad_limit")]
    [InlineData("/v1/connectors?cursor=!", 400, "bad_cursor")]
    public async Task What_is_not_there_or_not_understood_has_a_code(string path, int status, string code) =>
        Assert.Equal(code, (await registry.Get(path, status)).GetProperty("code").GetString());

    [Fact]
    public async Task An_install_needs_its_scope_and_every_call_the_internal_secret()
    {
        using var reader = registry.Host.ClientWith("connectors:read");
        Assert.Equal("insufficient_scope", (await Body(reader.PostAsync("/v1/connectors", Content(Manifest("x")), Cancel), 403)).GetProperty("code").GetString());
        await Body(reader.GetAsync("/v1/connectors", Cancel), 200);
        using var stranger = registry.Host.ClientWith("admin", secret: false);
        await Body(stranger.GetAsync("/v1/connectors", Cancel), 401);
    }

    [Fact]
    public async Task The_API_document_names_every_route()
    {
        var document = await registry.Get("/openapi/v1.json");
        Assert.Equal(
            [
                "/v1/catalog", "/v1/connections", "/v1/connections/{name}", "/v1/connectors", "/v1/connectors/{name}",
                "/v1/connectors/{name}/rollback", "/v1/connectors/{name}/specification", "/v1/connectors/{name}/update", "/v1/connectors/{name}/versions",
                "/v1/connectors/{name}/versions/{version}", "/v1/connectors/{name}/versions/{version}/specification",
                "/v1/installs", "/v1/installs/{id}", "/v1/installs/{id}/cancel", "/v1/lock"],
            document.GetProperty("paths").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
    }
}
