using System.Text.Json;

namespace Platform.Cli.Tests;

public sealed class InstallTests
{
    private const string Id = "0199a1b2-0000-7000-8000-000000000001";
    private const string Running = $$"""{"id":"{{Id}}","connector":"files","state":"running","stage":"building"}""";
    private const string Succeeded = $$"""{"id":"{{Id}}","connector":"files","state":"succeeded","version":1,"digest":"abc"}""";

    private const string Failed = $$$"""
        {"id":"{{{Id}}}","connector":"files","state":"failed","error":{"code":"install_command_failed","message":"The install command failed.","command":"make","exit_code":2,"output_tail":"cc: no\nstop\n","remedy":"Mend it."}}
        """;

    [Fact]
    public async Task The_log_is_followed_to_the_end_and_lines_are_printed_once_though_the_stream_breaks()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors", Running, 202)
            .On($"GET /v1/installs/{Id}/log", """{"code":"unknown_install","status":404,"detail":"not yet"}""", 404)
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"one"}"""))
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"one"}"""), ("line", """{"stream":"stderr","text":"two"}"""), ("end", """{"state":"succeeded"}"""))
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Succeeded);
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", "{}"));

        Assert.Equal($"Installing files (install {Id})\n  one\n  two\nInstalled files, version 1, sha256 abc", answer.Output);
        Assert.True(answer is { ExitCode: 0, Errors: "" }, answer.Errors);
    }

    [Fact]
    public async Task A_failed_install_tells_command_exit_code_and_output()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors", Running, 202)
            .Events($"GET /v1/installs/{Id}/log", ("end", """{"state":"failed"}"""))
            .On($"GET /v1/installs/{Id}", Failed);
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", "{}"));

        Assert.Equal(1, answer.ExitCode);
        Assert.Equal(
            """
            error install_command_failed: The install command failed.
              command: make
              exit code: 2
              output: cc: no
              output: stop
              to do: Mend it.
            """,
            answer.Errors);
    }

    [Fact]
    public async Task A_relative_uri_of_a_local_source_is_meant_from_the_manifests_folder()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connectors?name=mine", Running, 202);
        using var cli = new Cli(stub.Url);
        cli.Write("my connector/manifest.json", """{"name":"files","source":"Local","uri":"./built","command":"./x","odd":[1]}""");

        var answer = await cli.RunAsync("connectors", "install", "my connector/manifest.json", "--name", "mine", "--no-wait", "--json");

        Assert.Equal(0, answer.ExitCode);
        Assert.Equal("running", JsonDocument.Parse(answer.Output).RootElement.GetProperty("state").GetString());
        var sent = JsonDocument.Parse(Assert.Single(stub.Requests).Body).RootElement;
        Assert.Equal(Path.Combine(cli.Folder.FullName, "my connector", "built"), sent.GetProperty("uri").GetString());
        Assert.True(sent.TryGetProperty("odd", out _));
    }

    [Theory]
    [InlineData("""{"name":"s3" "source":"VCS"}""")]
    [InlineData("""{"source":"VCS","uri":"./x"}""")]
    [InlineData("""{"source":"Local","uri":"/x"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task Any_other_manifest_goes_as_it_is_so_that_the_answer_fits_the_file(string manifest)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connectors", """{"code":"malformed_json","status":400,"detail":"line 1, byte 14"}""", 400);
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", manifest));

        Assert.Equal((3, "error malformed_json: line 1, byte 14"), (answer.ExitCode, answer.Errors));
        Assert.Equal(manifest, Assert.Single(stub.Requests).Body);
    }

    [Fact]
    public async Task An_address_is_fetched_by_the_registry()
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connectors", Running, 202);

        await Cli.RunAsync(stub.Url, "connectors", "install", "https://example.org/manifest.json", "--name", "mine", "--no-wait");

        Assert.Equal("""{"url":"https://example.org/manifest.json","name":"mine"}""", Assert.Single(stub.Requests).Body);
    }

    [Fact]
    public async Task Warnings_of_a_success_are_told_and_a_cancelled_install_has_an_exit_code_of_its_own()
    {
        const string warned = $$"""{"id":"{{Id}}","connector":"files","state":"succeeded","version":1,"digest":"abc","warnings":[{"code":"bundle_differs","message":"Another digest.","remedy":"Compare them."}]}""";
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors", Running, 202)
            .Events($"GET /v1/installs/{Id}/log", ("end", "{}"))
            .On($"GET /v1/installs/{Id}", warned)
            .On($"GET /v1/installs/{Id}", $$"""{"id":"{{Id}}","connector":"files","state":"cancelled"}""");
        using var cli = new Cli(stub.Url);

        var first = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", "{}"));
        var second = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", "{}"));

        Assert.Equal((0, "warning bundle_differs: Another digest.\n  to do: Compare them."), (first.ExitCode, first.Errors));
        Assert.Equal(7, second.ExitCode);
        Assert.EndsWith("The install of files was cancelled.", second.Output);
    }

    [Theory]
    [InlineData("files", """{"catalog":"files","name":"mine"}""")]
    [InlineData("files@1.2 beta", """{"catalog":"files","version":"1.2 beta","name":"mine"}""")]
    public async Task A_name_is_looked_up_in_the_catalog(string argument, string body)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connectors", Running, 202);

        await Cli.RunAsync(stub.Url, "connectors", "install", argument, "--name", "mine", "--no-wait");

        Assert.Equal(body, Assert.Single(stub.Requests).Body);
    }

    [Theory]
    [InlineData("https://example.org/team/Greeter.git", """{"name":"greeter","source":"VCS","uri":"https://example.org/team/Greeter.git","protocol":"oms"}""")]
    [InlineData("git@example.org:greeter.git#v2", """{"name":"greeter","source":"VCS","uri":"git@example.org:greeter.git","protocol":"oms","ref":"v2"}""")]
    [InlineData("image:localhost:5000/team/greeter:1.2", """{"name":"greeter","source":"Image","uri":"localhost:5000/team/greeter:1.2","protocol":"oms"}""")]
    [InlineData("image:greeter@sha256:00", """{"name":"greeter","source":"Image","uri":"greeter@sha256:00","protocol":"oms"}""")]
    public async Task A_described_service_needs_no_manifest(string argument, string body)
    {
        await using var stub = (await StubGateway.StartAsync()).On("POST /v1/connectors", Running, 202);

        await Cli.RunAsync(stub.Url, "connectors", "install", argument, "--no-wait");

        Assert.Equal(body, Assert.Single(stub.Requests).Body);
    }

    [Fact]
    public async Task A_folder_is_installed_by_its_manifest_or_else_by_its_description()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors?name=mine", Running, 202).On("POST /v1/connectors", Running, 202).On("POST /v1/connectors", Running, 202);
        using var cli = new Cli(stub.Url);
        cli.Write("with/manifest.json", """{"source":"Local","uri":"."}""");
        cli.Write("with/oms.yml", "oms: 1");
        cli.Write("My Greeter/microservice.yml", "oms: 1");
        cli.Write("neither/readme", "");
        cli.Write("server.json", """{"source":"Server","uri":"http://a","described_by":"docs/oms.yml"}""");

        await cli.RunAsync("connectors", "install", "./with", "--name", "mine", "--no-wait");
        await cli.RunAsync("connectors", "install", "./My Greeter/", "--no-wait");
        await cli.RunAsync("connectors", "install", "server.json", "--no-wait");
        var refused = await cli.RunAsync("connectors", "install", "./neither");

        var sent = stub.Requests.Select(request => JsonDocument.Parse(request.Body).RootElement).ToList();
        Assert.Equal(Path.Combine(cli.Folder.FullName, "with"), sent[0].GetProperty("uri").GetString());
        Assert.Equal(("my-greeter", "Local", Path.Combine(cli.Folder.FullName, "My Greeter"), "oms"), (
            sent[1].GetProperty("name").GetString(), sent[1].GetProperty("source").GetString(), sent[1].GetProperty("uri").GetString(), sent[1].GetProperty("protocol").GetString()));
        Assert.Equal(Path.Combine(cli.Folder.FullName, "docs/oms.yml"), sent[2].GetProperty("described_by").GetString());
        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith("error nothing_to_install: ", refused.Errors);
    }

    [Fact]
    public async Task What_is_there_decides_whether_it_is_a_service_or_a_packaged_connector()
    {
        await using var stub = await StubGateway.StartAsync();
        for (var i = 0; i < 7; i++) stub.On(i == 5 ? "POST /v1/connectors?name=ndc-demo" : "POST /v1/connectors", Running, 202);
        using var cli = new Cli(stub.Url);
        cli.Write("package/.hasura-connector/connector-metadata.yaml", "packagingDefinition: {type: ManagedDockerBuild}");
        cli.Write("bare/Dockerfile", "FROM scratch");
        cli.Write("registry/hub/ndc-demo/releases/v1.0.0/connector-packaging.json", """{"version": "v1.0.0", "source": {"hash": "a"}}""");
        var folder = cli.Folder.FullName;
        using (var tar = System.Diagnostics.Process.Start("tar", ["-czf", $"{folder}/ndc-packed.tgz", "-C", $"{folder}/package", "."])) await tar.WaitForExitAsync(TestContext.Current.CancellationToken);

        foreach (string[] arguments in (string[][])
                 [
                     ["./package"], ["./bare", "--protocol", "ndc"], ["ndc-packed.tgz"], ["https://example.com/ndc-far.tar.gz?token=x"],
                     ["image:team/ndc-demo:1", "--configuration", "package"], ["registry/hub/ndc-demo/releases/v1.0.0/connector-packaging.json"],
                     ["https://example.com/demo.git", "--protocol", "ndc"],
                 ])
        {
            var answer = await cli.RunAsync(["connectors", "install", .. arguments, "--no-wait"]);
            Assert.True(answer is { ExitCode: 0, Errors: "" }, answer.Errors);
        }

        Assert.Equal(
            [
                $$"""{"name":"package","source":"Local","uri":"{{folder}}/package","protocol":"ndc"}""",
                $$"""{"name":"bare","source":"Local","uri":"{{folder}}/bare","protocol":"ndc"}""",
                $$"""{"name":"ndc-packed","source":"Local","uri":"{{folder}}/ndc-packed.tgz","protocol":"ndc"}""",
                """{"name":"ndc-far","source":"HTTP","uri":"https://example.com/ndc-far.tar.gz?token=x","protocol":"ndc"}""",
                $$"""{"name":"ndc-demo","source":"Image","uri":"team/ndc-demo:1","protocol":"ndc","configuration":"{{folder}}/package"}""",
                """{"version": "v1.0.0", "source": {"hash": "a"}}""",
                """{"name":"demo","source":"VCS","uri":"https://example.com/demo.git","protocol":"ndc"}""",
            ],
            stub.Requests.Select(request => request.Body));
    }

    [Theory]
    [InlineData("bare", "protocol_unclear")]
    [InlineData("both", "protocol_unclear")]
    [InlineData("empty.tgz", "nothing_to_install")]
    [InlineData("torn.tgz", "nothing_to_install")]
    [InlineData("connector-definition.tgz", "no_name")]
    public async Task Where_nothing_there_decides_it_is_asked_for(string argument, string code)
    {
        using var cli = new Cli("http://127.0.0.1:1");
        cli.Write("bare/Dockerfile", "FROM scratch");
        cli.Write("both/oms.yml", "oms: 1");
        cli.Write("both/.hasura-connector/connector-metadata.yaml", "");
        cli.Write("torn.tgz", "no archive");
        cli.Write("connector-definition.tgz", "");
        using (var packed = new System.IO.Compression.GZipStream(File.Create($"{cli.Folder.FullName}/empty.tgz"), System.IO.Compression.CompressionLevel.Fastest))
            packed.Write(new byte[1024]);

        var answer = await cli.RunAsync("connectors", "install", "./" + argument);

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith($"error {code}: ", answer.Errors);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_no_name_of_the_catalog()
    {
        var answer = await Cli.RunAsync("http://127.0.0.1:1", "connectors", "install", "manifest.json");

        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith("error no_such_file: ", answer.Errors);
    }

    [Fact]
    public async Task Installs_are_listed_and_cancelled_and_their_logs_printed()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("GET /v1/installs?connector=files&limit=2", $$"""{"items":[{{Failed}}],"next":null}""")
            .On($"GET /v1/installs/{Id}", Failed)
            .On($"POST /v1/installs/{Id}/cancel", Running, 202)
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"one"}"""), ("end", "{}"));
        using var cli = new Cli(stub.Url);

        var list = await cli.RunAsync("installs", "list", "--connector", "files", "--limit", "2");
        var show = await cli.RunAsync("installs", "show", Id, "--json");
        var cancel = await cli.RunAsync("installs", "cancel", Id);
        var log = await cli.RunAsync("installs", "log", Id);

        Assert.Contains($"{Id}\tfiles\t\tfailed\t\t\tinstall_command_failed", list.Output);
        Assert.Equal("failed", JsonDocument.Parse(show.Output).RootElement.GetProperty("state").GetString());
        Assert.Equal($"Install {Id} of files is running; cancellation is asked for.", cancel.Output);
        Assert.Equal((0, "one"), (log.ExitCode, log.Output));
    }

    [Fact]
    public async Task A_log_that_breaks_off_is_taken_up_behind_the_last_line()
    {
        await using var stub = (await StubGateway.StartAsync())
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"one"}"""))
            .On($"GET /v1/installs/{Id}/log", """{"code":"service_unavailable","status":503,"detail":"away"}""", 503)
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"one"}"""), ("line", """{"stream":"stdout","text":"two"}"""), ("end", "{}"))
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Succeeded);

        var answer = await Cli.RunAsync(stub.Url, "installs", "log", Id);

        Assert.Equal(new Answer(0, "one\ntwo", "The gateway does not answer; waiting for it, 60 s at most.\nIt answers again."), answer);
    }

    [Fact]
    public async Task An_installer_that_is_away_is_told_once_and_control_characters_reach_no_terminal()
    {
        await using var stub = (await StubGateway.StartAsync())
            .On("POST /v1/connectors", Running, 202)
            .On($"GET /v1/installs/{Id}/log", """{"code":"service_unavailable","status":502,"detail":"away"}""", 502)
            .On($"GET /v1/installs/{Id}/log", """{"code":"service_unavailable","status":502,"detail":"away"}""", 502)
            .Events($"GET /v1/installs/{Id}/log", ("line", """{"stream":"stdout","text":"\u001b]0;title\u0007one"}"""), ("end", "{}"))
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Running)
            .On($"GET /v1/installs/{Id}", Succeeded);
        using var cli = new Cli(stub.Url);

        var answer = await cli.RunAsync("connectors", "install", cli.Write("manifest.json", "{}"));

        Assert.Equal(0, answer.ExitCode);
        Assert.Single(answer.Errors.Split("warning installer_away").Skip(1));
        Assert.Contains("  \u241b]0;title\u2407one", answer.Output);
    }
}
