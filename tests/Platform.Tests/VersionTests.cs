using System.Text.Json.Nodes;

namespace Platform.Tests;

/// <summary>What an operator does with versions, by the command line, against the running platform.</summary>
public sealed class VersionTests(PlatformFixture platform)
{
    [Fact]
    public async Task A_version_is_updated_to_rolled_back_kept_out_when_it_does_not_start_and_deleted()
    {
        const string name = "versioned";
        var source = await CopyOfFilesAsync(name);
        var manifest = Path.Combine(source, "manifest.json");
        Assert.Contains($"Installed {name}, version 1,", (await platform.SucceedAsync("connectors", "install", manifest)).Output);
        await platform.SucceedAsync("connections", "create", name, "--connector", name, "--options", """{"root": "/usr/share/doc/adduser"}""");
        Assert.Equal(1, await VersionOfRunAsync(name));

        await File.WriteAllTextAsync(Path.Combine(source, "CHANGES"), "newer", TestContext.Current.CancellationToken);
        Assert.Contains($"Installed {name}, version 2,", (await platform.SucceedAsync("connectors", "update", name)).Output);
        Assert.Equal(2, await VersionOfRunAsync(name));

        Assert.Contains("is at version 1", (await platform.SucceedAsync("connectors", "rollback", name)).Output);
        Assert.Equal(1, await VersionOfRunAsync(name));
        var none = await platform.RunAsync("connectors", "rollback", name);
        Assert.Equal(3, none.ExitCode);
        Assert.Contains("no_earlier_version", none.Errors);

        await File.WriteAllTextAsync(Path.Combine(source, "files"), "#!/bin/sh\necho the wrong build >&2\nexit 7\n", TestContext.Current.CancellationToken);
        var broken = await platform.RunAsync("connectors", "update", name);
        Assert.Equal(1, broken.ExitCode);
        Assert.Contains("version_check_failed", broken.Errors);
        Assert.Contains("the wrong build", broken.Errors);
        Assert.Equal(1, await VersionOfRunAsync(name));

        var versions = (await platform.JsonAsync("connectors", "versions", name, "--json"))["items"]!.AsArray();
        Assert.Equal([(3, "rejected", false), (2, "ready", false), (1, "ready", true)],
            versions.Select(v => ((int)v!["version"]!, (string)v["state"]!, (bool)v["current"]!)));
        var used = await platform.RunAsync("connectors", "delete", name, "--version", "1");
        Assert.Contains("version_in_use", used.Errors);
        await platform.SucceedAsync("connectors", "delete", name, "--version", "2");
        Assert.DoesNotContain("\n2\t", (await platform.SucceedAsync("connectors", "versions", name)).Output);
        Assert.Contains("connector_in_use", (await platform.RunAsync("connectors", "delete", name)).Errors);
    }

    [Fact]
    public async Task A_lock_file_brings_a_version_back()
    {
        const string name = "locked";
        var source = await CopyOfFilesAsync(name);
        await platform.SucceedAsync("connectors", "install", Path.Combine(source, "manifest.json"));
        var file = Path.Combine(platform.Sources, "platform.lock");
        await platform.SucceedAsync("lock", "show", "--output", file);
        var only = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
        only["connectors"] = new JsonArray(only["connectors"]!.AsArray().Where(c => (string?)c!["name"] == name).Select(c => c!.DeepClone()).ToArray());
        await File.WriteAllTextAsync(file, only.ToJsonString(), TestContext.Current.CancellationToken);
        Assert.Contains($"{name}: unchanged", (await platform.SucceedAsync("lock", "apply", file)).Output);

        var digest = (string?)only["connectors"]![0]!["digest"];
        await platform.SucceedAsync("connectors", "delete", name);
        Assert.Contains($"{name}: installing", (await platform.SucceedAsync("lock", "apply", file, "--strict")).Output);
        Assert.Equal(digest, (string?)(await platform.JsonAsync("connectors", "show", name, "--json"))["digest"]);

        // The source moved on: the lock file's version can't be had from it any more, and nothing else is taken instead.
        await File.WriteAllTextAsync(Path.Combine(source, "CHANGES"), "newer", TestContext.Current.CancellationToken);
        await platform.SucceedAsync("connectors", "delete", name);
        var moved = await platform.RunAsync("lock", "apply", file);
        Assert.Equal(1, moved.ExitCode);
        Assert.Contains("source_digest_mismatch", moved.Errors);
    }

    [Fact]
    public async Task The_samples_are_in_the_catalog_and_install_by_name()
    {
        Repository.Require("go", "golang-go");
        var catalog = await platform.SucceedAsync("catalog", "--refresh");
        Assert.Contains("files-go\t", catalog.Output);
        Assert.Contains("4 connectors, read just now", catalog.Errors);

        Assert.Contains("Installed by-name, version 1,", (await platform.SucceedAsync("connectors", "install", "files-go", "--name", "by-name")).Output);
        Assert.Contains("unknown_catalog_entry", (await platform.RunAsync("connectors", "install", "no-such-connector")).Errors);
    }

    [Fact]
    public async Task An_install_is_cancelled_and_leaves_nothing()
    {
        const string name = "endless";
        var source = Directory.CreateDirectory(Path.Combine(platform.Sources, name)).FullName;
        var manifest = new JsonObject { ["name"] = name, ["source"] = "Local", ["uri"] = source, ["install_command"] = "echo begun; trap '' TERM; while :; do sleep 1; done", ["command"] = "./x" };
        await File.WriteAllTextAsync(Path.Combine(source, "manifest.json"), manifest.ToJsonString(), TestContext.Current.CancellationToken);
        var id = (string)(await platform.JsonAsync("connectors", "install", Path.Combine(source, "manifest.json"), "--no-wait", "--json"))["id"]!;
        var begun = await Limits.UntilAsync("the install command to run", Limits.Install, async () =>
            await platform.Api.GetAsync($"/v1/installs/{id}") is var record && ((string?)record["stage"] == "building" || record["finished_at"] is not null) ? record : null);
        Assert.True((string?)begun["stage"] == "building", begun.ToJsonString());

        Assert.Contains("cancellation is asked for", (await platform.SucceedAsync("installs", "cancel", id)).Output);

        var end = await Limits.UntilAsync("the install to end", Limits.Install, async () =>
            await platform.Api.GetAsync($"/v1/installs/{id}") is var record && (string?)record["state"] is "cancelled" or "failed" or "succeeded" ? record : null);
        Assert.Equal("cancelled", (string?)end["state"]);
        Assert.Contains("begun", (await platform.SucceedAsync("installs", "log", id)).Output);
        Assert.Contains($"{id}\t{name}\tinstall\tcancelled", (await platform.SucceedAsync("installs", "list", "--connector", name)).Output);
        Assert.Contains("install_finished", (await platform.RunAsync("installs", "cancel", id)).Errors);
        Assert.Contains("unknown_connector", (await platform.RunAsync("connectors", "show", name)).Errors);
    }

    /// <summary>The sample connector in a folder of the test's own, with a manifest of that name.</summary>
    private async Task<string> CopyOfFilesAsync(string name)
    {
        var manifest = await platform.ManifestAsync("files", name);
        var (from, to) = ((string)manifest["uri"]!, Directory.CreateDirectory(Path.Combine(platform.Sources, name)).FullName);
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
        manifest["uri"] = to;
        await File.WriteAllTextAsync(Path.Combine(to, "manifest.json"), manifest.ToJsonString(), TestContext.Current.CancellationToken);
        return to;
    }

    private async Task<int> VersionOfRunAsync(string connection)
    {
        var run = await platform.Api.SyncAsync(connection);
        Assert.True((string?)run["state"] == "succeeded", run.ToJsonString());
        return (int)run["version"]!;
    }
}
