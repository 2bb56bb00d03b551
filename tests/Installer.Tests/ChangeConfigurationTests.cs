using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Platform.Installer.Packages;
using Platform.Installer.Packages.Commands;

namespace Platform.Installer.Tests;

/// <summary><c>update</c> and <c>upgradeConfiguration</c>: a folder changes as its command says, or not at all.</summary>
public sealed class ChangeConfigurationTests(CommandFixture fixture) : PackageCommandTest(fixture)
{
    private const string Managed = "{ type: ManagedDockerBuild }";

    [Fact]
    public async Task An_update_in_a_container_changes_the_folder_at_once_and_leaves_alone_what_it_did_not_change()
    {
        const string script = """[ "$*" = update ] || exit 90; cd "$HASURA_PLUGIN_CONNECTOR_CONTEXT_PATH"; echo found $GIVEN; echo 2 >changed; echo new >added/new || exit 91""";
        var folder = Package("project", Managed, $"update: {{ type: Dockerized, dockerImage: '{Image("USER 4711:4711")}', commandArgs: [update] }}",
            ("do.sh", script), ("changed", "1"), ("kept", "1"), ("added/old", "1"));
        Workplace.Shell($"chmod 600 kept; chmod 640 changed; touch -d 2001-02-03 kept; chown 4712:4713 changed . ; ln -s kept link", folder);

        var answer = await PostAsync("configurations/updates", new { folder, env = Env("GIVEN", "tables") });
        Assert.True(answer.GetProperty("succeeded").GetBoolean(), answer.GetRawText());
        Assert.Equal("added added/new, changed changed", Changes(answer));
        Assert.Equal("found ***", Text(answer, "output"));
        Assert.Equal("2\nnew", Workplace.Shell("cat changed added/new", folder));
        Assert.Equal("640 4712:4713\n600 0:0\n644 4712:4713\nkept\n2001-02-03", Workplace.Shell("stat -c '%a %u:%g' changed kept added/new; readlink link; date -r kept +%F", folder));
        Assert.Equal(["project"], Directory.EnumerateFileSystemEntries(Home).Select(Path.GetFileName));
    }

    [Fact]
    public async Task An_update_that_fails_changes_nothing()
    {
        var folder = Package("project", Managed, "update: 'rm ../kept; echo broken; exit 5'", ("kept", "1"));
        var before = State(folder);

        var answer = await PostAsync("configurations/updates", new { folder });
        Assert.False(answer.GetProperty("succeeded").GetBoolean());
        Assert.Equal(("package_command_failed", 5, "broken"), Error(answer));
        Assert.Equal(before, State(folder));
    }

    [Fact]
    public async Task A_line_for_a_shell_updates_too_and_one_that_changes_nothing_leaves_the_very_folder()
    {
        var folder = Package("project", Managed, "update: 'cd ..; rm -r old; mkdir empty; echo 1 >old; chmod +x tool'", ("old/file", "1"), ("tool", "1"));
        Assert.Equal("added old, removed old/file, changed tool", Changes(await PostAsync("configurations/updates", new { folder })));
        Assert.True(Directory.Exists($"{folder}/empty") && File.Exists($"{folder}/old"));
        Assert.Equal("755", Workplace.Shell("stat -c %a tool", folder));

        var idle = Package("idle", Managed, "update: 'true'");
        var before = State(idle);
        Assert.Equal("", Changes(await PostAsync("configurations/updates", new { folder = idle })));
        Assert.Equal(before, State(idle));
    }

    [Theory]
    [InlineData("update: 'ln -s /etc/shadow ../link'", "links_lead_out")]
    [InlineData("update: 'mkfifo ../pipe'", "bundle_bad_file")]
    [InlineData("other: 'true'", "command_missing")]
    [InlineData("update: { type: Strange }", "command_unusable")]
    public async Task What_can_t_be_taken_over_changes_nothing(string commands, string code)
    {
        var folder = Package("project", Managed, commands, ("kept", "1"));
        var before = State(folder);
        Assert.Equal(code, Text(await PostAsync("configurations/updates", new { folder }, 422), "code"));
        Assert.Equal(before, State(folder));
    }

    [Fact]
    public async Task An_upgrade_replaces_the_definition_and_its_own_command_changes_the_rest()
    {
        var folder = Package("project", Managed, "upgradeConfiguration: 'exit 9'", ("configuration", "1"), ("mine", "1"), (".hasura-connector/old", ""));
        var target = Package("target", Managed, "upgradeConfiguration: './upgrade'", (".hasura-connector/upgrade", "#!/bin/sh\n[ ! -e old ] || exit 90\necho 2 >../configuration\n"), ("template", ""));
        Workplace.Shell("chmod +x .hasura-connector/upgrade", target);
        var archive = $"{Home}/target.tgz";
        Workplace.Shell($"tar -czf '{archive}' -C '{target}' .");
        await using var server = await FileServer.OfAsync(await File.ReadAllBytesAsync(archive, Ct));

        var answer = await PostAsync("configurations/upgrades", new { folder, package = server.Address + "/target.tgz?token=secret" });
        Assert.Equal($"changed {Metadata}, removed .hasura-connector/old, added .hasura-connector/upgrade, changed configuration", Changes(answer));
        Assert.Equal("2\n1", Workplace.Shell("cat configuration mine | tr -s '\\n'; echo", folder)[..3]);
        Assert.False(File.Exists($"{folder}/template"));
        Assert.Empty(answer.GetProperty("warnings").EnumerateArray());
    }

    [Fact]
    public async Task An_upgrade_without_a_command_is_a_warning_and_one_that_fails_changes_nothing()
    {
        var folder = Package("project", Managed, "update: 'true'", ("mine", "1"));
        var answer = await PostAsync("configurations/upgrades", new { folder, package = Package("second", Managed, "update: 'echo 2'", ("mine", "2")) });
        Assert.Equal("no_upgrade_command", Text(Assert.Single(answer.GetProperty("warnings").EnumerateArray()), "code"));
        Assert.Equal(("changed " + Metadata, JsonValueKind.Null), (Changes(answer), answer.TryGetProperty("output", out var output) ? output.ValueKind : JsonValueKind.Null));

        var before = State(folder);
        Assert.Equal(6, Error(await PostAsync("configurations/upgrades", new { folder, package = Package("third", Managed, "upgradeConfiguration: 'rm ../mine; exit 6'") })).ExitCode);
        Assert.Equal("command_unusable", Text(await PostAsync("configurations/upgrades", new { folder, package = Package("fourth", Managed, "upgradeConfiguration: []") }, 422), "code"));
        Assert.Equal("metadata_missing", Text(await PostAsync("configurations/upgrades", new { folder, package = Source("none", ("a", "")) }, 422), "code"));
        Assert.Equal(before, State(folder));
        Assert.Equal("metadata_missing", Text(await PostAsync("configurations/upgrades", new { folder = $"{Home}/none", package = folder }, 422), "code"));
        Assert.Equal(
            [("folder", "local_root"), ("package", "required"), ("env.A", "invalid_value")],
            (await PostAsync("configurations/upgrades", new { folder = Place.Roots, env = Env("A", "\0") }, 422)).GetProperty("errors").EnumerateArray().Select(error => (Text(error, "field"), Text(error, "code"))));
    }

    [Theory]
    [InlineData("v1.2.3", "v1.2.3", false)]
    [InlineData("v1.10.0", "v1.9.9", false)]
    [InlineData("v1.2.3", "1.2.4-beta.1", true)]
    [InlineData("v1.2.3", "v1.2.3-rc.1", false)]
    [InlineData("v1.2.3-rc.2", "v1.2.3-rc.10", true)]
    [InlineData("v1.2.3-rc.2", "v1.2.3", true)]
    [InlineData("latest", "v1.0.0", true)]
    public void A_version_that_is_known_to_be_no_newer_is_refused(string current, string target, bool taken)
    {
        var folder = Package("project", $"{{ type: PrebuiltDockerImage, dockerImage: 'hub:5000/a:{current}' }}", "update: 'true'");
        var metadata = MetadataReader.Read($"packagingDefinition: {{ type: PrebuiltDockerImage, dockerImage: 'hub:5000/a:{target}' }}");

        var refusal = Record.Exception(() => NewerPackage.Check(folder, metadata)) as InstallFailedException;
        Assert.Equal(taken ? null : "package_not_newer", refusal?.Error.Code);
    }

    [Fact]
    public async Task What_somebody_else_changes_meanwhile_is_never_lost()
    {
        var folder = Source("project", ("mine", "1"));
        var context = Source("context", ("mine", "1"), ("new", "1"));
        var (before, after) = (await FolderSnapshot.TakeAsync(folder, Place.Options, Ct), await FolderSnapshot.TakeAsync(context, Place.Options, Ct));
        await File.WriteAllTextAsync($"{folder}/mine", "edited", Ct);

        var failed = await Assert.ThrowsAsync<InstallFailedException>(() => new StagedFolder(Options.Create(Place.Options)).ReplaceAsync(Guid.NewGuid(), folder, context, before, after, Ct));
        Assert.Equal("folder_changed", failed.Error.Code);
        Assert.Equal("edited", Workplace.Shell("cat *", folder));
        Assert.Equal(["context", "project"], Directory.EnumerateFileSystemEntries(Home).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("folder-staged", "1")]
    [InlineData("folder-swapped", "2")]
    public async Task Killed_in_the_middle_it_is_the_old_folder_or_the_new_one_and_the_next_call_cleans_up(string point, string content)
    {
        var folder = Package("project", Managed, "update: 'test -e ../done || { echo 2 >../configuration; echo >../done; }'", ("configuration", "1\n"));
        var before = Workplace.Shell("ls -A", folder);
        await using (var installer = await InstallerProcess.StartAsync(Path.Combine(Place.Folder, point), Place.Roots, "amqp://guest:guest@127.0.0.1:1", CommandFixture.Secret, ($"FaultPoints__{point}", "kill")))
        {
            using var client = new HttpClient { BaseAddress = installer.Address, DefaultRequestHeaders = { { "X-Platform-Secret", CommandFixture.Secret }, { "X-Platform-Scopes", "connectors:install" } } };
            await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsJsonAsync("/v1/images/configurations/updates", new { folder }, Ct));
            Assert.True(await installer.EndAsync() == InstallerProcess.Killed, installer.Output);
        }
        Assert.Equal((content, content == "1" ? before : ".hasura-connector\nconfiguration\ndone"), (Workplace.Shell("cat configuration", folder), Workplace.Shell("ls -A", folder)));
        Assert.True(Directory.Exists($"{Home}/.project.platform-change"));

        Assert.True((await PostAsync("configurations/updates", new { folder })).GetProperty("succeeded").GetBoolean());
        Assert.Equal("2", Workplace.Shell("cat configuration", folder));
        Assert.Equal(["project"], Directory.EnumerateFileSystemEntries(Home).Select(Path.GetFileName));
    }

    private static string Changes(JsonElement answer) =>
        string.Join(", ", answer.GetProperty("changes").EnumerateArray().Select(change => $"{Text(change, "change")} {Text(change, "path")}"));

    /// <summary>All there is to a folder, its own identity included.</summary>
    private static string State(string folder) => Workplace.Shell("find . -printf '%i %M %U:%G %T@ %p %l\\n' | sort; find . -type f -exec sha256sum {} + | sort", folder);
}
