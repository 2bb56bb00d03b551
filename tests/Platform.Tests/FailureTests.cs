using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;

namespace Platform.Tests;

public sealed class FailureTests(PlatformFixture platform)
{
    private const int LargestPage = 80 << 20;

    [Fact]
    public async Task A_failing_install_command_names_itself_its_exit_code_and_its_output_and_leaves_nothing()
    {
        var source = Directory.CreateDirectory(Path.Combine(platform.Sources, "failing")).FullName;
        File.WriteAllText(Path.Combine(source, "readme"), "nothing to see");
        var broker = await platform.App.GetConnectionStringAsync("messaging", TestContext.Current.CancellationToken);
        await using var consumer = await PythonConsumer.StartAsync(broker!, "connector.install-failed.failing");

        var install = await platform.Api.InstallAsync(new JsonObject
        {
            ["name"] = "failing",
            ["source"] = "Local",
            ["uri"] = source,
            ["install_command"] = "echo the compiler is on fire >&2; exit 3",
            ["command"] = "./failing",
        });

        Assert.Equal("failed", (string?)install["state"]);
        var error = install["error"]!;
        Assert.Equal("install_command_failed", (string?)error["code"]);
        Assert.Equal(3, (int)error["exit_code"]!);
        Assert.Contains("the compiler is on fire", (string?)error["output_tail"]);
        Assert.Contains("exit 3", (string?)error["command"]);
        Assert.Equal("install_command_failed", (string?)(await consumer.UntilAllAsync("connector.install-failed")).Values.Single()["body"]!["error"]!["code"]);
        var (_, body, _) = await platform.Api.SendAsync(HttpMethod.Post, "/v1/connections", """{"name":"failing","connector":"failing","options":"{}"}""");
        Assert.Contains((string?)body!["code"], new[] { "unknown_connector", "connector_not_installed" });
    }

    [Theory]
    [InlineData("crash-mid-page", 10, "connector_exited")]
    [InlineData("error", 10, "sync_failed")]
    [InlineData("ignore-refusal", LargestPage + 1, "message_too_large")]
    public async Task A_misbehaving_connector_fails_its_run_whatever_it_says_itself(string mode, int bytes, string code)
    {
        var name = $"crash-{mode}";
        await platform.InstallSampleAsync("crash-go", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["mode"] = mode, ["pages"] = 1, ["objects"] = 1, ["bytes"] = bytes });

        var run = await platform.Api.SyncAsync(name);

        Assert.Equal("failed", (string?)run["state"]);
        Assert.True((string?)run["error"]!["code"] == code, run.ToJsonString());
        Assert.False(string.IsNullOrEmpty((string?)run["error"]!["message"]), run.ToJsonString());
    }

    [Theory]
    [InlineData("echo not a handshake", "handshake_failed", "not a handshake")]
    [InlineData("echo went wrong >&2; exit 7", "connector_exited", "went wrong")]
    public async Task A_program_that_is_no_connector_fails_its_install_with_what_it_said(string script, string code, string words)
    {
        var name = "no-connector-" + code.Replace('_', '-');
        var source = Directory.CreateDirectory(Path.Combine(platform.Sources, name)).FullName;
        File.WriteAllText(Path.Combine(source, "run.sh"), "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(Path.Combine(source, "run.sh"), (UnixFileMode)0b111_101_101);

        var install = await platform.Api.InstallAsync(new JsonObject { ["name"] = name, ["source"] = "Local", ["uri"] = source, ["command"] = "./run.sh" });

        Assert.Equal("failed", (string?)install["state"]);
        Assert.True((string?)install["error"]!["code"] == "version_check_failed", install.ToJsonString());
        Assert.Contains(code, (string?)install["error"]!["message"]);
        Assert.Contains(words, install["error"]!.ToJsonString());
        var (status, _, _) = await platform.Api.SendAsync(HttpMethod.Get, $"/v1/connectors/{name}");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, status);
    }

    [Fact]
    public async Task A_running_sync_can_be_cancelled_and_ends_within_five_seconds()
    {
        const string name = "hanging";
        await platform.InstallSampleAsync("crash-go", name);
        await platform.Api.ConnectAsync(name, name, new JsonObject { ["mode"] = "hang" });
        var run = await platform.Api.StartAsync(name);
        await Limits.UntilAsync("the run to be syncing", Limits.Run, async () =>
            await platform.Api.GetAsync($"/v1/runs/{run["id"]}") is { } now && (string?)now["stage"] == "syncing" ? now : null);

        var asked = DateTime.UtcNow;
        await platform.Api.SendAsync(HttpMethod.Post, $"/v1/runs/{run["id"]}/cancel");
        var end = await platform.Api.EndAsync(run);

        Assert.Equal("cancelled", (string?)end["state"]);
        Assert.InRange(DateTime.UtcNow - asked, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
