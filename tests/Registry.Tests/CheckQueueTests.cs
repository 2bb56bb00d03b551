using Platform.Servers;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>The queue of checks: over databases of their own, with rows as Installer's answers leave them.</summary>
[Collection(nameof(ServiceRing))]
public sealed class CheckQueueTests(RegistryFixture registry) : IAsyncLifetime
{
    private readonly VersionRows rows = new(registry.NewDatabase());
    private readonly List<RegistryHost> hosts = [];
    private Peers peers = null!;

    public async ValueTask InitializeAsync() => peers = await Peers.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(hosts.Select(host => host.DisposeAsync().AsTask()));
        await peers.DisposeAsync();
        rows.Dispose();
    }

    [Fact]
    public async Task A_check_waits_for_a_Runner_that_is_away_and_goes_on_when_it_is_back()
    {
        var port = FreePorts.Take();
        var host = Start(Peers.SettingsFor($"http://127.0.0.1:{port}"));
        var install = await rows.CheckingAsync("away");
        await Until("the Runner is missed", () => Task.FromResult(host.Logs.Any(l => l.Contains("No Runner can check version 1 of away"))));
        Assert.Equal("running", await rows.StateOf(install));

        await using var late = await Peers.StartAsync(port);
        await Until("the version is ready", async () => await rows.StateOf(install) == "succeeded");
        Assert.Equal("1 ready*", await rows.VersionsOf("away"));
    }

    [Fact]
    public async Task A_check_that_no_Runner_can_do_for_too_long_fails_with_a_code()
    {
        using var client = Start([("Versions:CheckPatienceSeconds", "0.3"), .. Peers.SettingsFor($"http://127.0.0.1:{FreePorts.Take()}")]).ClientWith("admin");
        var install = await rows.CheckingAsync("gone");
        await Until("the install has failed", async () => await rows.StateOf(install) == "failed");
        var error = (await Body(client.GetAsync($"/v1/installs/{install}", TestContext.Current.CancellationToken), 200)).GetProperty("error");
        Assert.Equal("version_check_unavailable", error.GetProperty("code").GetString());
        Assert.Equal("1 rejected", await rows.VersionsOf("gone"));
    }

    [Fact]
    public async Task A_check_that_a_Registry_was_stopped_in_is_done_by_the_next()
    {
        var broken = new TaskCompletionSource();
        peers.Runner.Checks["restart"] = async cancel =>
        {
            using var noted = cancel.Register(broken.SetResult);
            await Task.Delay(Timeout.Infinite, cancel);
        };
        var first = Start(peers.Settings);
        var install = await rows.CheckingAsync("restart");
        await Until("it is being checked", () => Task.FromResult(peers.Runner.Checking == 1));
        await first.DisposeAsync();
        await broken.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal("running", await rows.StateOf(install));

        peers.Runner.Checks.TryRemove("restart", out _);
        Start(peers.Settings);
        await Until("the version is ready", async () => await rows.StateOf(install) == "succeeded");
        Assert.Equal("1 ready*", await rows.VersionsOf("restart"));
    }

    [Fact]
    public async Task Two_replicas_share_the_checks_and_each_is_done_once()
    {
        var go = new TaskCompletionSource();
        for (var i = 0; i < 12; i++) peers.Runner.Checks[$"shared-{i}"] = go.Task.WaitAsync;
        Start(peers.Settings);
        Start(peers.Settings);
        for (var i = 0; i < 12; i++) await rows.CheckingAsync($"shared-{i}");

        // Four at a time each.
        await Until("both are at it", () => Task.FromResult(peers.Runner.Checking == 8));
        go.SetResult();
        await Until("all are ready", async () => await rows.CountAsync("connector_versions WHERE state = 'ready'") == 12);
        Assert.Equal(12, peers.Runner.Described.Count);
        Assert.Equal(12, peers.Runner.Described.Select(d => d.Connector).Distinct().Count());
        Assert.Equal(12, await rows.CountAsync("installs WHERE state = 'succeeded'"));
    }

    [Fact]
    public async Task A_check_whose_connection_to_the_database_is_lost_begins_anew_and_its_verdict_counts_once()
    {
        var go = new TaskCompletionSource();
        peers.Runner.Checks["torn"] = go.Task.WaitAsync;
        Start(peers.Settings);
        var install = await rows.CheckingAsync("torn");
        await Until("it is being checked", () => Task.FromResult(peers.Runner.Checking == 1));

        await rows.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid <> pg_backend_pid() AND classid <> 0 AND pid IN (SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction')");
        await Until("it is checked anew", () => Task.FromResult(peers.Runner.Described.Count == 2));
        go.SetResult();
        await Until("the version is ready", async () => await rows.StateOf(install) == "succeeded");
        Assert.Equal("1 ready*", await rows.VersionsOf("torn"));
    }

    private RegistryHost Start((string, string)[] settings)
    {
        var host = registry.Another(rows.Database, [("Versions:CheckPauseSeconds", "0.1"), .. settings]);
        hosts.Add(host);
        host.StartServer();
        return host;
    }
}
