using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Platform.Registry.Versions;
using Platform.Servers;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>Pruning of versions, and the removal of bundles that none names; over databases of their own.</summary>
[Collection(nameof(ServiceRing))]
public sealed class RemovalTests(RegistryFixture registry) : IAsyncLifetime
{
    private readonly VersionRows rows = new(registry.NewDatabase());
    private Peers peers = null!;
    private RegistryHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        peers = await Peers.StartAsync();
        Start(peers.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await peers.DisposeAsync();
        rows.Dispose();
    }

    [Fact]
    public async Task The_newest_ready_and_rejected_versions_are_kept_the_current_one_and_those_in_use_besides()
    {
        await rows.ConnectorAsync("old", 2, "ready", "ready", "ready", "rejected", "rejected", "ready", "rejected", "ready");
        peers.Runner.Used[new string('1', 64)] = true;
        host.Services.GetRequiredService<PruneVersions>().Wake();
        await Until("the old ones are gone", async () => await rows.VersionsOf("old") == "8 ready, 7 rejected, 6 ready, 5 rejected, 2 ready*, 1 ready");
        await RemovedAsync('3', '4');

        peers.Runner.Used.Clear();
        host.Services.GetRequiredService<PruneVersions>().Wake();
        await RemovedAsync('1', '3', '4');
        Assert.Equal("8 ready, 7 rejected, 6 ready, 5 rejected, 2 ready*", await rows.VersionsOf("old"));
        Assert.Equal(0, await rows.CountAsync("unused_bundles"));
    }

    [Fact]
    public async Task A_success_prunes()
    {
        await rows.ConnectorAsync("pruned", 3, "ready", "ready", "ready");
        await rows.CheckingAsync("pruning", 'a');
        await Until("version 1 is gone", async () => await rows.VersionsOf("pruned") == "3 ready*, 2 ready");
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("running")]
    public async Task A_bundle_stays_while_an_install_is_under_way_which_may_have_found_it_there(string state)
    {
        var install = Guid.CreateVersion7();
        await rows.ExecuteAsync($"INSERT INTO installs (id, connector, manifest, state, stage, last_sent_at) VALUES ('{install}', 'x', '{{}}', '{state}', 'packing', now())");
        await rows.UnusedAsync('1');
        await LookAsync(times: 2);
        Assert.Empty(peers.Store.Removed);

        await rows.ExecuteAsync($"UPDATE installs SET state = 'failed', stage = NULL WHERE id = '{install}'");
        await RemovedAsync('1');
    }

    [Fact]
    public async Task A_bundle_stays_while_a_transaction_has_begun_an_install_and_not_committed()
    {
        await rows.UnusedAsync('1');
        await using var connection = await rows.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Cancel))
        {
            await using var begin = new NpgsqlCommand($"INSERT INTO installs (id, connector, manifest) VALUES ('{Guid.CreateVersion7()}', 'x', '{{}}')", connection, transaction);
            await begin.ExecuteNonQueryAsync(Cancel);
            await LookAsync(times: 2);
            Assert.Empty(peers.Store.Removed);
        }
        await RemovedAsync('1');
    }

    [Fact]
    public async Task No_install_begins_while_a_bundle_is_being_removed()
    {
        using var client = host.ClientWith("admin");
        var (removing, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        peers.Store.OnRemove = _ =>
        {
            removing.TrySetResult();
            return go.Task;
        };
        await rows.UnusedAsync('1');
        host.Services.GetRequiredService<RemoveBundles>().Wake();
        await removing.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);

        var install = client.PostAsync("/v1/connectors", Content(Manifest("waits")), Cancel);
        await Until("the install waits for the lock", async () => await rows.CountAsync("pg_locks WHERE NOT granted AND relation = 'installs'::regclass") == 1);
        Assert.False(install.IsCompleted);
        go.SetResult();
        await Body(install, 202);
        await RemovedAsync('1');
    }

    [Fact]
    public async Task What_a_version_names_again_and_what_an_open_run_has_stays()
    {
        await rows.ConnectorAsync("names", 1, "ready");
        await rows.UnusedAsync('1');
        await rows.UnusedAsync('2');
        peers.Runner.Used[new string('2', 64)] = true;
        await LookAsync(times: 1);
        await Until("the row of what is named is gone", async () => await rows.CountAsync("unused_bundles") == 1);
        Assert.Empty(peers.Store.Removed);

        peers.Runner.Used.Clear();
        await RemovedAsync('2');
    }

    [Fact]
    public async Task A_bundle_that_can_not_be_removed_does_not_keep_the_others_and_is_tried_again()
    {
        var refused = true;
        peers.Store.OnRemove = digest => digest[0] == '1' && Volatile.Read(ref refused)
            ? throw new RpcException(new Status(StatusCode.Internal, "The disk is read-only."))
            : Task.CompletedTask;
        await rows.UnusedAsync('1');
        await rows.UnusedAsync('2');
        await RemovedAsync('2');
        Volatile.Write(ref refused, false);
        await RemovedAsync('1', '2');
    }

    [Fact]
    public async Task A_deleted_versions_bundle_stays_for_its_grace()
    {
        await host.DisposeAsync();
        Start([.. peers.Settings, ("Versions:BundleGraceSeconds", "3000")]);
        await rows.ConnectorAsync("graced", 2, "ready", "ready");
        using (var client = host.ClientWith("admin"))
            await Body(client.DeleteAsync("/v1/connectors/graced/versions/1", Cancel), 204);
        // Looks that take these would have taken it, too.
        await rows.UnusedAsync('8');
        await RemovedAsync('8');
        await rows.UnusedAsync('9');
        await RemovedAsync('8', '9');
        Assert.Equal(1, await rows.CountAsync("unused_bundles"));

        await rows.ExecuteAsync("UPDATE unused_bundles SET unused_since = now() - interval '1 h'");
        await RemovedAsync('1', '8', '9');
    }

    [Fact]
    public async Task A_bundle_waits_for_an_Installer_that_is_away()
    {
        await host.DisposeAsync();
        var port = FreePorts.Take();
        Start([.. peers.Settings, ("services:installer:grpc:0", $"http://127.0.0.1:{port}")]);
        await rows.UnusedAsync('1');
        host.Services.GetRequiredService<RemoveBundles>().Wake();
        await Until("Installer is missed", () => Task.FromResult(host.Logs.Any(l => l.Contains("RemoveBundles could not go on"))));
        Assert.Equal(1, await rows.CountAsync("unused_bundles"));
        await using var late = await Peers.StartAsync(port);
        await Until("the bundle is removed", () =>
        {
            host.Services.GetRequiredService<RemoveBundles>().Wake();
            return Task.FromResult(late.Store.Removed.Count == 1);
        });
        await Until("its row is gone", async () => await rows.CountAsync("unused_bundles") == 0);
    }

    [Fact]
    public async Task Without_a_Runner_to_ask_no_version_is_deleted()
    {
        await host.DisposeAsync();
        Start(Peers.SettingsFor($"http://127.0.0.1:{FreePorts.Take()}"));
        await rows.ConnectorAsync("unasked", 2, "ready", "ready");
        using var client = host.ClientWith("admin");
        var problem = await Body(client.DeleteAsync("/v1/connectors/unasked/versions/1", Cancel), 503);
        Assert.Equal("runner_unavailable", problem.GetProperty("code").GetString());
        Assert.Equal("2 ready*, 1 ready", await rows.VersionsOf("unasked"));
    }

    private void Start((string, string)[] settings)
    {
        host = registry.Another(rows.Database, [("Versions:Keep", "2"), ("Versions:BundleGraceSeconds", "0"), ("Versions:CheckPauseSeconds", "0.1"), .. settings]);
        host.StartServer();
    }

    /// <summary>Has the unused bundles looked at so often from beginning to end.</summary>
    private async Task LookAsync(int times)
    {
        // The look that was begun last may not be over; the one after it is begun when it is.
        for (var i = 0; i <= times; i++)
        {
            var asked = peers.Runner.Asked;
            host.Services.GetRequiredService<RemoveBundles>().Wake();
            await Until("the bundles are looked at", () => Task.FromResult(peers.Runner.Asked > asked));
        }
    }

    private async Task RemovedAsync(params char[] digests)
    {
        var wanted = digests.Select(d => new string(d, 64)).ToList();
        await Until($"the bundles {new string(digests)} are removed", () =>
        {
            host.Services.GetRequiredService<RemoveBundles>().Wake();
            return Task.FromResult(peers.Store.Removed.Order(StringComparer.Ordinal).SequenceEqual(wanted));
        });
    }
}
