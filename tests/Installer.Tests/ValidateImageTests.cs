using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Installer.Packages.Commands;

namespace Platform.Installer.Tests;

/// <summary><c>printSchemaAndCapabilities</c>, of images and of packages of all kinds.</summary>
public sealed class ValidateImageTests(CommandFixture fixture) : PackageCommandTest(fixture)
{
    private const string Print = """[ "$1" = printSchemaAndCapabilities ] || exit 90; cat "$HASURA_CONFIGURATION_DIRECTORY/printed.json" """;

    // Each thing that a connector may not do has an exit code of its own.
    private const string Confined = """
        (: >/etc/connector/written) 2>/dev/null && exit 91
        (: >/written) 2>/dev/null && exit 92
        (: >/tmp/written) || exit 93
        while read -r key value; do
          case $key in CapEff:|CapPrm:|CapBnd:) [ "$value" = 0000000000000000 ] || exit 94;; NoNewPrivs:) [ "$value" = 1 ] || exit 95;; esac
        done </proc/self/status
        [ "$GIVEN" = "it's given" ] || exit 96

        """;

    [Fact]
    public async Task An_image_prints_in_the_place_of_serving_and_can_t_do_more_than_a_connector_can()
    {
        var configuration = Source("configuration", ("do.sh", Confined + Print), ("printed.json", Schema));
        var answer = await PostAsync("validations", new { image = Image(), configuration, env = Env("GIVEN", "it's given") });

        Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
        Assert.Equal(("image", "0.2.1", "1 0 0"), (Text(answer, "ran"), Text(answer, "ndc_version"), Counts(answer)));
        Assert.False(File.Exists($"{configuration}/written"));
    }

    [Fact]
    public async Task A_command_that_fails_is_not_valid_and_tells_its_exit_code_and_the_end_of_standard_error_without_what_it_was_given()
    {
        var configuration = Source("failing", ("do.sh", """echo printed; echo "no connection to postgres://me:$PASSWORD@db" >&2; exit 7"""));
        var answer = await PostAsync("validations", new { image = Image(), configuration, env = Env("PASSWORD", "swordfish") });

        Assert.False(answer.GetProperty("valid").GetBoolean());
        Assert.Equal(("package_command_failed", 7, "no connection to postgres://me:***@db"), Error(answer));
        Assert.DoesNotContain("swordfish", answer.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "package_command_bad_output", "it is empty")]
    [InlineData("Listening on 8080", "package_command_bad_output", "is no JSON")]
    [InlineData("""{"schema":{}}""", "package_command_bad_output", "scalar_types")]
    public async Task What_can_t_be_read_is_not_valid(string printed, string code, string why)
    {
        var answer = await PostAsync("validations", new { image = Image(), configuration = Source("unreadable", ("do.sh", Print), ("printed.json", printed)) });

        Assert.Equal((false, code), (answer.GetProperty("valid").GetBoolean(), Error(answer).Code));
        Assert.Contains(why, Text(answer.GetProperty("error"), "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_with_what_it_printed_is_told()
    {
        var printed = Schema.Replace("\"name\":\"Int\"", "\"name\":\"Absent\"", StringComparison.Ordinal).Replace("0.2.1", "newest", StringComparison.Ordinal);
        var answer = await PostAsync("validations", new { image = Image(), configuration = Source("wrong", ("do.sh", Print), ("printed.json", printed)) });

        Assert.Equal((false, "1 0 0"), (answer.GetProperty("valid").GetBoolean(), Counts(answer)));
        Assert.Equal(2, answer.GetProperty("problems").GetArrayLength());
        Assert.Contains("Absent", answer.GetProperty("problems")[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_without_an_entrypoint_has_the_word_serve_replaced_or_its_only_word_followed()
    {
        const string run = """CMD ["/bin/sh", "-c", ". /etc/connector/do.sh", "connector" """;
        var configuration = Source("configuration", ("do.sh", Print), ("printed.json", Schema));

        Assert.True((await PostAsync("validations", new { image = Fixture.Image(run + """, "serve"]"""), configuration })).GetProperty("valid").GetBoolean());
        Assert.Equal("command_unclear", Text(await PostAsync("validations", new { image = Fixture.Image(run + "]"), configuration }, 422), "code"));
        Assert.Contains("printSchemaAndCapabilities", Error(await PostAsync("validations", new { image = Fixture.Image("""CMD ["/bin/sh"]"""), configuration })).Output, StringComparison.Ordinal);
        Assert.Equal(("package_command_failed", 127), Error(await PostAsync("validations", new { image = Fixture.Image("""ENTRYPOINT ["/absent"]"""), configuration })) is var (code, exitCode, _) ? (code, exitCode) : default);
        Assert.Equal("package_command_not_started", Error(await PostAsync("validations", new { image = Image("USER nobody-there"), configuration })).Code);
    }

    [Fact]
    public async Task A_package_s_own_command_is_run_in_its_image_with_its_arguments_and_its_folder()
    {
        const string script = """[ "$1 $2" = "print all" ] && [ "$HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH" = /etc/connector ] && [ "$GIVEN" = "as a default" ] || exit 90; cat /etc/connector/printed.json""";
        var image = Image();
        var folder = Package("dockerized", $"{{ type: PrebuiltDockerImage, dockerImage: '{image}' }}", $"printSchemaAndCapabilities: {{ type: Dockerized, dockerImage: '{image}', commandArgs: [print, all] }}", ("do.sh", script), ("printed.json", Schema));
        var archive = $"{Home}/package.tgz";
        Workplace.Shell($"tar -czf '{archive}' -C '{folder}' .");

        foreach (var package in (string[])[folder, archive])
        {
            var answer = await PostAsync("validations", new { package });
            Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
            Assert.Equal(("command", "1 0 0"), (Text(answer, "ran"), Counts(answer)));
        }

        // With another configuration, in which the package has its place too.
        var configuration = Source("other", ("do.sh", $"[ -e /etc/connector/{Metadata} ] || exit 91\n{script}"), ("printed.json", Schema.Replace("0.2.1", "0.1.6", StringComparison.Ordinal)));
        var other = await PostAsync("validations", new { package = folder, configuration });
        Assert.Equal("0.1.6", Text(other, "ndc_version"));
        Assert.Equal("spec_generation_differs", Text(Assert.Single(other.GetProperty("warnings").EnumerateArray()), "code"));
        Assert.False(Directory.Exists($"{configuration}/.hasura-connector"));
    }

    [Fact]
    public async Task A_line_for_a_shell_runs_beside_the_definition_and_whatever_the_length_of_what_it_prints_is_read()
    {
        // The description makes it one line of more than a megabyte.
        var printed = Schema.Replace("\"name\":\"rows\"", $"\"description\":\"{new string('ä', 700_000)}\",\"name\":\"rows\"", StringComparison.Ordinal);
        var folder = Package("line", "{ type: ManagedDockerBuild }", "printSchemaAndCapabilities: { type: ShellScript, bash: './print.sh' }",
            (".hasura-connector/print.sh", "[ \"$GIVEN\" = \"it's \n \\\\\\$given\" ] && [ -e \"$HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH/printed.json\" ] || exit 90; echo words >&2; cat ../printed.json; ls /tmp >&2"), ("printed.json", printed));
        Workplace.Shell($"chmod +x '{folder}/.hasura-connector/print.sh'; sed -i '1i #!/bin/sh' '{folder}/.hasura-connector/print.sh'");

        var answer = await PostAsync("validations", new { package = folder, env = Env("GIVEN", "it's \n \\$given") });
        Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
        Assert.Equal(("command", "1 0 0"), (Text(answer, "ran"), Counts(answer)));

        var failing = Package("failing line", "{ type: ManagedDockerBuild }", "printSchemaAndCapabilities: 'ls /tmp >&2; echo no >&2; exit 3'");
        var (code, exitCode, output) = Error(await PostAsync("validations", new { package = failing, env = Env("GIVEN", "secret") }));
        Assert.Equal(("package_command_failed", 3, true), (code, exitCode, output.EndsWith("no", StringComparison.Ordinal)));
        Assert.DoesNotContain("variables", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_without_the_command_has_its_image_print_and_one_without_an_image_says_so()
    {
        var folder = Package("without", $"{{ type: PrebuiltDockerImage, dockerImage: '{Image()}' }}", "update: 'true'", ("do.sh", Print), ("printed.json", Schema));
        Assert.Equal("image", Text(await PostAsync("validations", new { package = folder }), "ran"));
        Assert.Equal("command_missing", Text(await PostAsync("validations", new { package = Package("managed", "{ type: ManagedDockerBuild }", "update: 'true'") }, 422), "code"));
        Assert.Equal("metadata_missing", Text(await PostAsync("validations", new { package = Source("nothing", ("a", "")) }, 422), "code"));
        Assert.Equal("metadata_invalid", Text(await PostAsync("validations", new { package = Package("wrong", "{ type: Other }", "update: 'true'") }, 422), "code"));
        Assert.Equal("image_unavailable", Text(await PostAsync("validations", new { image = "localhost:1/absent:2" }, 422), "code"));
    }

    [Fact]
    public async Task One_that_does_not_end_is_ended_in_a_container_and_in_the_sandbox()
    {
        var options = Options.Create(new InstallOptions { CommandTimeLimit = TimeSpan.FromSeconds(3) });
        var container = new RunContainer(Place.Engine, options).RunAsync(Run("endless", ("do.sh", "echo going on $* >&2; exec sleep 86308")), Image(), ["on"], "/etc/connector", Ct);
        var line = new RunLine(Place.Sandbox, options).RunAsync(Run("line", (".hasura-connector/a", "")), "echo going on and on >&2; sleep 86308", Ct);

        Assert.Equal(("package_command_timed_out", "going on on"), ((await container).Error!.Code, (await container).Error!.OutputTail));
        Assert.Equal(("package_command_timed_out", "going on and on"), ((await line).Error!.Code, (await line).Error!.OutputTail));
        Assert.False(BuildTests.Runs("sleep\086308"));

        CommandRun Run(string name, params (string, string)[] files) => new(
            Guid.CreateVersion7(), "print", Source(name, files), Directory.CreateDirectory(Path.Combine(Place.Folder, $"tmp-{name}")).FullName, new Dictionary<string, string>(), []);
    }

    [Fact]
    public async Task One_that_prints_without_end_is_ended()
    {
        var configuration = Source("flood", ("do.sh", "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; while :; do echo $x; done"));
        Assert.Equal("package_command_output_too_large", Error(await PostAsync("validations", new { image = Image(), configuration })).Code);
    }

    [Fact]
    public async Task What_is_wrong_with_a_request_is_told_at_once_and_no_value_is_repeated()
    {
        var problem = await PostAsync("validations", new { image = "Not An Image", configuration = "/etc", env = new Dictionary<string, string?> { ["1A"] = "hidden", ["HASURA_X"] = "hidden", ["A"] = null } }, 422);
        Assert.Equal("invalid_package_command", Text(problem, "code"));
        Assert.Equal(
            [("image", "invalid_image"), ("configuration", "local_not_allowed"), ("env.1A", "invalid_name"), ("env.HASURA_X", "reserved_name"), ("env.A", "invalid_value")],
            problem.GetProperty("errors").EnumerateArray().Select(error => (Text(error, "field"), Text(error, "code"))));
        Assert.DoesNotContain("hidden", problem.GetRawText(), StringComparison.Ordinal);
        foreach (var body in (object[])[new { }, new { image = "a", package = "/a" }, new { package = "relative" }, new { package = $"{Home}/a", sha256 = "0" }])
            Assert.Equal("invalid_package_command", Text(await PostAsync("validations", body, 422), "code"));

        using var client = Fixture.Client("connectors:read");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/v1/images/validations", new { }, Ct)).StatusCode);
    }

    private static string Counts(JsonElement answer) => string.Join(' ', ((string[])["collections", "functions", "procedures"]).Select(member => answer.GetProperty(member).GetInt32()));
}
