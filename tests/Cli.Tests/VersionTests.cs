using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class VersionTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000002";
    private const string Accepted = $$"""{"id":"{{Id}}","connector":"files","kind":"update","state":"queued"}""";

    [Fact]
    public async Task An_update_is_followed_as_an_install_is()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connectors/files", """{"name":"files","source":"Local","uri":"/x","version":1,"digest":"abc"}""")
            .On("POST /v1/connectors/files/update", Accepted, 202)
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"text":"fetched"}"""), ("end", "{}"))
            .On($"GET /v1/installs/{Id}", $$"""{"id":"{{Id}}","connector":"files","state":"running","stage":"checking"}""")
            .On($"GET /v1/installs/{Id}", $$"""{"id":"{{Id}}","connector":"files","state":"succeeded","version":2,"digest":"abc"}""");
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("connectors", "update", "files");

        Assert.Equal((0, $"Installing files (install {Id})\n  fetched\nInstalled files, version 2, sha256 abc"), (answer.ExitCode, answer.Output));
        Assert.Single(stub.Requests, request => request.Request.EndsWith("/log"));
    }

    [Fact]
    public async Task An_update_that_brings_nothing_new_says_so()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/connectors/files", """{"name":"files","source":"Local","uri":"/x","version":1,"digest":"abc"}""")
            .On("POST /v1/connectors/files/update", Accepted, 202)
            .Events($"GET /v1/installs/{Id}/log", ("end", "{}"))
            .On($"GET /v1/installs/{Id}", $$"""{"id":"{{Id}}","connector":"files","state":"succeeded","version":1,"digest":"abc"}""");

        var answer = await Cli.RunAsync(stub.Url, "connectors", "update", "files");

        Assert.EndsWith("There is nothing new: files stays at version 1.", answer.Output);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("3", """{"version":3}""")]
    public async Task A_rollback_goes_to_the_version_before_or_the_one_that_is_named(string? version, string body)
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors/files/rollback", """{"name":"files","source":"Local","uri":"/x","version":3,"digest":"abc"}""");

        var answer = await Cli.RunAsync(stub.Url, ["connectors", "rollback", "files", .. version is null ? (string[])[] : ["--to", version]]);

        Assert.Equal((0, "files is at version 3; runs that start from now on take it."), (answer.ExitCode, answer.Output));
        Assert.Equal(body, Assert.Single(stub.Requests).Body);
    }

    [Fact]
    public async Task Versions_are_listed_with_their_state_and_the_current_one_marked()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/connectors/files/versions", """
            {"items":[{"version":2,"current":false,"state":"rejected","digest":"bbbbbbbbbbbbbbbb","size_bytes":7},
                      {"version":1,"current":true,"state":"ready","declared_version":"1.0","digest":"aaaaaaaaaaaaaaaa","size_bytes":5,"source_revision":"c0ffeec0ffeec0ffee"}],"next":null}
            """);

        var answer = await Cli.RunAsync(stub.Url, "connectors", "versions", "files");

        Assert.Equal(
            """
            version	current	state	declared	source	digest	bytes	installed
            2		rejected			bbbbbbbbbbbb	7	
            1	*	ready	1.0	c0ffeec0ffee	aaaaaaaaaaaa	5	
            """.TrimEnd(), answer.Output.TrimEnd());
    }

    [Fact]
    public async Task A_version_or_a_whole_connector_is_deleted_and_a_refusal_told()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("DELETE /v1/connectors/files/versions/2", "", 204)
            .On("DELETE /v1/connectors/files", """{"code":"connector_in_use","status":409,"detail":"docs uses it.","remedy":"Delete that first."}""", 409);

        var version = await Cli.RunAsync(stub.Url, "connectors", "delete", "files", "--version", "2");
        var whole = await Cli.RunAsync(stub.Url, "connectors", "delete", "files");

        Assert.Equal((0, "Version 2 of files is deleted."), (version.ExitCode, version.Output));
        Assert.Equal((3, "error connector_in_use: docs uses it.\n  to do: Delete that first."), (whole.ExitCode, whole.Errors));
    }

    [Fact]
    public async Task The_catalog_tells_the_age_of_its_indexes_and_what_is_wrong_with_them()
    {
        await using var stub = (await StubGateway.StartAsync()).On("GET /v1/catalog?refresh=true", """
            {"items":[{"name":"files","version":"1.0","source":"Local","installed_version":4,"description":"Files"}],
             "indexes":[{"source":"https://example.org/c.json","age_seconds":300,"connectors":1,"error":{"code":"manifest_unreachable","message":"500","remedy":"Wait."},
                         "skipped":[{"position":1,"name":null,"errors":[{"field":"name","code":"required","message":"is required"}]}]}]}
            """);

        var answer = await Cli.RunAsync(stub.Url, "catalog", "--refresh");

        Assert.Equal("name	version	installed	source	description\nfiles	1.0	4	Local	Files", answer.Output);
        Assert.Equal(
            """
            https://example.org/c.json: 1 connectors, read 5 minutes ago
            warning manifest_unreachable: 500
              to do: Wait.
            warning catalog_entry_skipped: entry 2 (without a name) of https://example.org/c.json: name: is required
            """, answer.Errors);
    }

    [Fact]
    public async Task A_lock_file_is_written_and_applied_to_the_end_of_its_installs()
    {
        const string locked = """{"lock_version":1,"connectors":[]}""";
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/lock", locked)
            .On("PUT /v1/lock?strict=true", $$$"""{"connectors":[{"name":"a","action":"unchanged","version":1,"install":null},{"name":"files","action":"installing","install":{{{Accepted}}}}],"not_in_lock":["other"]}""", 202)
            .Events($"GET /v1/installs/{Id}/log", ("end", "{}"))
            .On($"GET /v1/installs/{Id}", $$$"""{"id":"{{{Id}}}","connector":"files","state":"failed","error":{"code":"bundle_digest_mismatch","message":"Another."}}""");
        using var cli = new Cli(stub.Url);
        var file = Path.Combine(cli.Folder.FullName, "platform.lock");

        var show = await cli.RunAsync("lock", "show", "--output", file);
        var apply = await cli.RunAsync("lock", "apply", file, "--strict");

        Assert.Equal(0, show.ExitCode);
        Assert.Equal(1, JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).RootElement.GetProperty("lock_version").GetInt32());
        Assert.Equal((1, $"a: unchanged, version 1\nfiles: installing\nInstalling files (install {Id})"), (apply.ExitCode, apply.Output));
        Assert.Equal("other is not in the lock file and stays as it is.\nerror bundle_digest_mismatch: files: Another.", apply.Errors);
        Assert.Contains("lock_version", stub.Requests.Single(request => request.Request.StartsWith("PUT")).Body);
    }
}
