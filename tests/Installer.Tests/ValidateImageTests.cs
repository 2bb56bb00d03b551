using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary><c>printSchemaAndCapabilities</c>, of images and of packages of all kinds.</summary>
public sealed class ValidateImageTests(ContainerEngineFixture engine) : PackageCommandTest(engine)
{
    private const string Print = """[ "$1" = printSchemaAndCapabilities ] || exit 90; cat "$HASURA_CONFIGURATION_DIRECTORY/printed.json" """;

    // Each thing that a connector may not do has an exit code of its own.
    private const string Confined = """
        : 2>/dev/null >/etc/connector/written && exit 91
        : 2>/dev/null >/written && exit 92
        : >/tmp/written || exit 93
        while read -r key value; do
          case $key in CapEff:|CapPrm:|CapBnd:) [ "$value" = 0000000000000000 ] || exit 94;; NoNewPrivs:) [ "$value" = 1 ] || exit 95;; esac
        done </proc/self/status
        [ "$GIVEN" = "it's given" ] || exit 96

        """;

    protected override IEnumerable<(string, string)> Settings => [("Install:CommandTimeLimit", "00:00:05")];

    [Fact]
    public async Task An_image_prints_in_the_place_of_serving_and_can_t_do_more_than_a_connector_can()
    {
        var configuration = Place.Source("configuration", ("do.sh", Confined + Print), ("printed.json", Schema));
        var answer = await PostAsync("validations", new { image = Image(), configuration, env = new { GIVEN = "it's given" } });

        Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
        Assert.Equal(("image", "0.2.1", "1 0 0"), (Text(answer, "ran"), Text(answer, "ndc_version"), Counts(answer)));
        Assert.False(File.Exists($"{configuration}/written"));
    }

    [Fact]
    public async Task A_command_that_fails_is_not_valid_and_tells_its_exit_code_and_the_end_of_standard_error_without_what_it_was_given()
    {
        var configuration = Place.Source("failing", ("do.sh", """echo printed; echo "no connection to postgres://me:$PASSWORD@db" >&2; exit 7"""));
        var answer = await PostAsync("validations", new { image = Image(), configuration, env = new { PASSWORD = "swordfish" } });

        Assert.False(answer.GetProperty("valid").GetBoolean());
        Assert.Equal(("package_command_failed", 7, "no connection to postgres://me:***@db"), Error(answer));
        Assert.DoesNotContain("swordfish", answer.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "package_command_bad_output", "printed nothing")]
    [InlineData("Listening on 8080", "package_command_bad_output", "is an invalid")]
    [InlineData("""{"schema":{}}""", "package_command_bad_output", "capabilities")]
    public async Task What_can_t_be_read_is_not_valid(string printed, string code, string why)
    {
        var answer = await PostAsync("validations", new { image = Image(), configuration = Place.Source("unreadable", ("do.sh", Print), ("printed.json", printed)) });

        Assert.Equal((false, code), (answer.GetProperty("valid").GetBoolean(), Error(answer).Code));
        Assert.Contains(why, Text(answer.GetProperty("error"), "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_is_wrong_with_what_it_printed_is_told()
    {
        var printed = Schema.Replace("\"name\":\"Int\"", "\"name\":\"Absent\"", StringComparison.Ordinal).Replace("0.2.1", "newest", StringComparison.Ordinal);
        var answer = await PostAsync("validations", new { image = Image(), configuration = Place.Source("wrong", ("do.sh", Print), ("printed.json", printed)) });

        Assert.Equal((false, "1 0 0"), (answer.GetProperty("valid").GetBoolean(), Counts(answer)));
        Assert.Equal(2, answer.GetProperty("problems").GetArrayLength());
        Assert.Contains("Absent", answer.GetProperty("problems")[1].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_without_an_entrypoint_has_the_word_serve_replaced_or_its_only_word_followed()
    {
        const string run = """CMD ["/bin/sh", "-c", ". /etc/connector/do.sh", "connector" """;
        var configuration = Place.Source("configuration", ("do.sh", Print), ("printed.json", Schema));

        Assert.True((await PostAsync("validations", new { image = Image(run + """, "serve"]"""), configuration })).GetProperty("valid").GetBoolean());
        Assert.Equal("command_unclear", Text(await PostAsync("validations", new { image = Image(run + "]"), configuration }, 422), "code"));
        Assert.Contains("printSchemaAndCapabilities", Error(await PostAsync("validations", new { image = Image("""CMD ["/bin/sh"]"""), configuration })).Output, StringComparison.Ordinal);
        Assert.Equal("package_command_not_started", Error(await PostAsync("validations", new { image = Image("""ENTRYPOINT ["/absent"]"""), configuration })).Code);
    }

    [Fact]
    public async Task A_package_s_own_command_is_run_in_its_image_with_its_arguments_and_its_folder()
    {
        const string script = """[ "$1 $2" = "print all" ] && [ "$HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH" = /etc/connector ] && [ "$GIVEN" = "as a default" ] || exit 90; cat /etc/connector/printed.json""";
        var image = Image();
        var folder = Package("dockerized", $"{{ type: PrebuiltDockerImage, dockerImage: '{image}' }}", $"printSchemaAndCapabilities: {{ type: Dockerized, dockerImage: '{image}', commandArgs: [print, all] }}", ("do.sh", script), ("printed.json", Schema));
        var archive = $"{Place.Roots}/package.tgz";
        Workplace.Shell($"tar -czf '{archive}' -C '{folder}' .");

        foreach (var package in (string[])[folder, archive])
        {
            var answer = await PostAsync("validations", new { package });
            Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
            Assert.Equal(("command", "1 0 0"), (Text(answer, "ran"), Counts(answer)));
        }

        // With another configuration, in which the package has its place too.
        var configuration = Place.Source("other", ("do.sh", $"[ -e /etc/connector/{Metadata} ] || exit 91\n{script}"), ("printed.json", Schema.Replace("0.2.1", "0.1.6", StringComparison.Ordinal)));
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
            (".hasura-connector/print.sh", "[ \"$GIVEN\" = \"it's \n \\$given\" ] && [ -e \"$HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH/printed.json\" ] || exit 90; echo words >&2; cat ../printed.json; ls /tmp >&2"), ("printed.json", printed));
        Workplace.Shell($"chmod +x '{folder}/.hasura-connector/print.sh'; sed -i '1i #!/bin/sh' '{folder}/.hasura-connector/print.sh'");

        var answer = await PostAsync("validations", new { package = folder, env = new { GIVEN = "it's \n \\$given" } });
        Assert.True(answer.GetProperty("valid").GetBoolean(), answer.GetRawText());
        Assert.Equal(("command", "1 0 0"), (Text(answer, "ran"), Counts(answer)));

        var failing = Package("failing line", "{ type: ManagedDockerBuild }", "printSchemaAndCapabilities: 'ls /tmp >&2; echo no >&2; exit 3'");
        var (code, exitCode, output) = Error(await PostAsync("validations", new { package = failing, env = new { GIVEN = "secret" } }));
        Assert.Equal(("package_command_failed", 3, true), (code, exitCode, output.EndsWith("no", StringComparison.Ordinal)));
        Assert.DoesNotContain("variables", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_without_the_command_has_its_image_print_and_one_without_an_image_says_so()
    {
        var folder = Package("without", $"{{ type: PrebuiltDockerImage, dockerImage: '{Image()}' }}", "update: 'true'", ("do.sh", Print), ("printed.json", Schema));
        Assert.Equal("image", Text(await PostAsync("validations", new { package = folder }), "ran"));
        Assert.Equal("command_missing", Text(await PostAsync("validations", new { package = Package("managed", "{ type: ManagedDockerBuild }", "update: 'true'") }, 422), "code"));
        Assert.Equal("metadata_missing", Text(await PostAsync("validations", new { package = Place.Source("nothing", ("a", "")) }, 422), "code"));
        Assert.Equal("metadata_invalid", Text(await PostAsync("validations", new { package = Package("wrong", "{ type: Other }", "update: 'true'") }, 422), "code"));
        Assert.Equal("image_unavailable", Text(await PostAsync("validations", new { image = "localhost:1/absent:2" }, 422), "code"));
    }

    [Fact]
    public async Task One_that_does_not_end_or_prints_without_end_is_ended()
    {
        var endless = Place.Source("endless", ("do.sh", "echo going on >&2; exec sleep 1000"));
        var flood = Place.Source("flood", ("do.sh", "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do x=$x$x; done; while :; do echo $x; done"));
        var (image, begun) = (Image(), DateTime.UtcNow);

        var answers = await Task.WhenAll(PostAsync("validations", new { image, configuration = endless }), PostAsync("validations", new { image, configuration = flood }));
        Assert.Equal(("package_command_timed_out", null, "going on"), Error(answers[0]));
        Assert.Equal("package_command_output_too_large", Error(answers[1]).Code);
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
        foreach (var body in (object[])[new { }, new { image = "a", package = "/a" }, new { package = "relative" }, new { package = $"{Place.Roots}/a", sha256 = "0" }])
            Assert.Equal("invalid_package_command", Text(await PostAsync("validations", body, 422), "code"));

        using var client = Client("connectors:read");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsJsonAsync("/v1/images/validations", new { }, Ct)).StatusCode);
    }

    private static string Counts(JsonElement answer) => string.Join(' ', ((string[])["collections", "functions", "procedures"]).Select(member => answer.GetProperty(member).GetInt32()));
}
