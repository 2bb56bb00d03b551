using Platform.Contracts;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>POST /v1/installs/{id}/cancel, in each state of an install.</summary>
[Collection(nameof(ServiceRing))]
public sealed class CancelTests(RegistryFixture registry)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Installer_is_told_again_and_again_until_it_answers_whatever_progress_it_tells()
    {
        var id = await BegunAsync("cancel-sent");
        var asked = await registry.Post($"/v1/installs/{id}/cancel", "", 202);
        Assert.Equal("queued", asked.GetProperty("state").GetString());

        await registry.Installer.CancelAsync(id, Cancel);
        var again = registry.Installer.CancelAsync(id, Cancel);
        await Until("it is told again", async () =>
        {
            await registry.Installer.SendAsync(new InstallProgressed(id, "building"), Cancel);
            return again.IsCompleted;
        });
        Assert.Equal("running", (await registry.Post($"/v1/installs/{id}/cancel", "", 202)).GetProperty("state").GetString());
        await registry.Installer.SendAsync(new InstallFinished(id, false, null, null, null, new("whatever", "It says."), Cancelled: true), Cancel);

        var record = await registry.Finished(id);
        Assert.Equal(("cancelled", "install_cancelled"), (record.GetProperty("state").GetString(), record.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal("install_cancelled", (await registry.Heard("connector.install-failed.cancel-sent", id)).Body.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("install_finished", (await registry.Post($"/v1/installs/{id}/cancel", "", 409)).GetProperty("code").GetString());
        Assert.Equal(0, await registry.Current("cancel-sent"));
        await registry.Install(Manifest("cancel-sent"), other => Success(other));
    }

    [Fact]
    public async Task A_success_that_came_after_the_request_makes_no_version_and_its_bundle_is_not_kept()
    {
        var id = await BegunAsync("cancel-late");
        await registry.Post($"/v1/installs/{id}/cancel", "", 202);
        await registry.Installer.SendAsync(Success(id, '7'), Cancel);

        Assert.Equal("cancelled", (await registry.Finished(id)).GetProperty("state").GetString());
        Assert.Equal(0, await registry.Current("cancel-late"));
        using var rows = new VersionRows(registry.Database);
        Assert.Equal(1, await rows.CountAsync($"unused_bundles WHERE digest = '{new string('7', 64)}'"));
    }

    [Fact]
    public async Task A_failure_that_came_first_stays_one()
    {
        var id = await BegunAsync("cancel-failed");
        await registry.Post($"/v1/installs/{id}/cancel", "", 202);
        await registry.Installer.SendAsync(new InstallFinished(id, false, null, null, null, new("git_failed", "No.")), Cancel);
        var record = await registry.Finished(id);
        Assert.Equal(("failed", "git_failed"), (record.GetProperty("state").GetString(), record.GetProperty("error").GetProperty("code").GetString()));
    }

    [Fact]
    public async Task While_its_version_is_checked_an_install_ends_at_once_and_so_does_the_check()
    {
        const string name = "cancel-check";
        await registry.Install(Manifest(name), id => Success(id, 'a'));
        var ended = new TaskCompletionSource();
        registry.Peers.Runner.Checks[name] = async cancel =>
        {
            using var noted = cancel.Register(ended.SetResult);
            await Task.Delay(Timeout.Infinite, cancel);
        };
        var id = await registry.InstallUpToCheck(Manifest(name, "./newer"), '8');
        await Until("it is being checked", () => Task.FromResult(registry.Peers.Runner.Described.Count(d => d.Connector == name) == 2));

        var answer = await registry.Post($"/v1/installs/{id}/cancel", "", 202);

        Assert.Equal(("cancelled", System.Text.Json.JsonValueKind.Null), (answer.GetProperty("state").GetString(), answer.GetProperty("version").ValueKind));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(["1 ready*"], await registry.Versions(name));
        Assert.Equal("install_cancelled", (await registry.Heard($"connector.install-failed.{name}", id)).Body.GetProperty("error").GetProperty("code").GetString());
        using var rows = new VersionRows(registry.Database);
        Assert.Equal(1, await rows.CountAsync($"unused_bundles WHERE digest = '{new string('8', 64)}'"));

        registry.Peers.Runner.Checks.TryRemove(name, out _);
        await registry.Install(Manifest(name, "./newer"), other => Success(other, '8'));
        Assert.Equal(["3 ready*", "1 ready"], await registry.Versions(name));
    }

    [Fact]
    public async Task A_command_that_never_left_ends_at_once()
    {
        // Without a broker, nothing leaves.
        using var rows = new VersionRows(registry.NewDatabase());
        await using var host = new RegistryHost(rows.Database, "amqp://127.0.0.1:1", registry.Data);
        using var client = host.ClientWith("admin");
        var id = (await Body(client.PostAsync("/v1/connectors", Content(Manifest("cancel-unsent")), Cancel), 202)).GetProperty("id").GetGuid();
        await Until("sending has failed", async () => host.Logs.Any(l => l.Contains("InstallSender could not go on"))
            && await rows.CountAsync("installs WHERE last_sent_at IS NULL") == 1);

        var answer = await Body(client.PostAsync($"/v1/installs/{id}/cancel", null, Cancel), 202);

        Assert.Equal(("cancelled", "install_cancelled"), (answer.GetProperty("state").GetString(), answer.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(1, await rows.CountAsync("outbox WHERE type = 'connector.install-failed'"));
    }

    [Fact]
    public async Task An_Installer_that_may_never_have_got_the_command_gets_it_once_more()
    {
        var id = await BegunAsync("cancel-unheard");
        await registry.Post($"/v1/installs/{id}/cancel", "", 202);
        await registry.Installer.CancelAsync(id, Cancel);
        using var rows = new VersionRows(registry.Database);
        await rows.ExecuteAsync($"UPDATE installs SET cancel_requested_at = now() - interval '11 s' WHERE id = '{id}'");

        await registry.Installer.CommandAsync(id, Cancel);
        await registry.Installer.CancelAsync(id, Cancel);
        await registry.Installer.SendAsync(new InstallFinished(id, false, null, null, null, null, Cancelled: true), Cancel);
        Assert.Equal("cancelled", (await registry.Finished(id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task What_has_ended_and_what_is_not_there_can_not_be_cancelled()
    {
        var done = (await registry.Install(Manifest("cancel-done"), id => Success(id))).GetProperty("id").GetGuid();
        Assert.Equal("install_finished", (await registry.Post($"/v1/installs/{done}/cancel", "", 409)).GetProperty("code").GetString());
        Assert.Equal("unknown_install", (await registry.Post($"/v1/installs/{Guid.Empty}/cancel", "", 404)).GetProperty("code").GetString());
        Assert.Equal("unknown_install", (await registry.Post("/v1/installs/7/cancel", "", 404)).GetProperty("code").GetString());
        Assert.Equal(1, await registry.Current("cancel-done"));
    }

    private async Task<Guid> BegunAsync(string name)
    {
        var id = (await registry.Post("/v1/connectors", Manifest(name), 202)).GetProperty("id").GetGuid();
        await registry.Installer.CommandAsync(id, Cancel);
        return id;
    }
}
