using System.Diagnostics;
using Platform.Servers;
using static Platform.Registry.Tests.RegistryFixture;

namespace Platform.Registry.Tests;

/// <summary>Registry as a process of its own is killed at a named place, and another one goes on.</summary>
[Collection(nameof(ServiceRing))]
public sealed class KillTests(RegistryFixture registry) : IAsyncLifetime
{
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(40);

    private readonly VersionRows rows = new(registry.NewDatabase());
    private readonly string name = $"kill-{Guid.CreateVersion7():N}";
    private Peers peers = null!;

    public async ValueTask InitializeAsync()
    {
        peers = await Peers.StartAsync();
        // Makes the tables.
        await using var host = registry.Another(rows.Database);
        host.StartServer();
    }

    public async ValueTask DisposeAsync()
    {
        await peers.DisposeAsync();
        rows.Dispose();
    }

    [Theory]
    [InlineData("version-accepting", "1 checking")]
    [InlineData("version-accepted", "1 ready*")]
    public async Task A_Registry_that_is_killed_while_it_decides_leaves_all_or_nothing_and_the_next_goes_on(string point, string left)
    {
        var install = await rows.CheckingAsync(name);
        await KilledAsync(point);
        Assert.Equal((left, left == "1 ready*" ? "succeeded" : "running"), (await rows.VersionsOf(name), await rows.StateOf(install)));

        await using var next = registry.Another(rows.Database, peers.Settings);
        next.StartServer();
        await Until("the version is ready", async () => await rows.StateOf(install) == "succeeded");
        Assert.Equal("1 ready*", await rows.VersionsOf(name));
        Assert.Equal(1, (await registry.Heard($"connector.installed.{name}", install)).Body.GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_Registry_that_is_killed_after_a_bundle_was_removed_has_it_removed_again()
    {
        await rows.UnusedAsync('1');
        await KilledAsync("bundle-removed");
        Assert.Equal(1, await rows.CountAsync("unused_bundles"));

        await using var next = registry.Another(rows.Database, peers.Settings);
        next.StartServer();
        await Until("the bundle's row is gone", async () => await rows.CountAsync("unused_bundles") == 0);
        Assert.Equal(2, peers.Store.Removed.Count);
    }

    /// <summary>Runs a Registry until it kills itself there.</summary>
    private async Task KilledAsync(string point)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Platform.Registry"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        };
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)
            [
                ("ASPNETCORE_APPLICATIONNAME", $"Platform.Registry{Guid.CreateVersion7():N}"), ($"FaultPoints__{point}", "kill"),
                ("Kestrel__Endpoints__http__Url", $"http://127.0.0.1:{FreePorts.Take()}"), ("Kestrel__Endpoints__grpc__Url", $"http://127.0.0.1:{FreePorts.Take()}"),
                ("ConnectionStrings__registry-db", rows.Database), ("ConnectionStrings__messaging", registry.Messaging), ("Internal__Secret", RegistryHost.Secret),
                ("Data__Directory", registry.Data), ("services__runner__grpc__0", peers.Address), ("services__installer__grpc__0", peers.Address),
            ])
            start.Environment[key] = value;
        using var process = Process.Start(start)!;
        try
        {
            var words = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            var ended = process.WaitForExit(EndTimeout);
            if (!ended) process.Kill();
            Assert.True(ended && process.ExitCode == 137, $"It was to end at {point}: {string.Concat(await words)}");
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
