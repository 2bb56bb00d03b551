using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Ingest.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

/// <summary>Connectors by their driver alone, with every isolation that this machine has or with none. Disposing checks that no sync left anything.</summary>
internal sealed class DriverBench : IAsyncDisposable
{
    public static readonly TimeSpan SyncTimeout = TimeSpan.FromSeconds(60);
    private readonly string temporary = Directory.CreateTempSubdirectory("rd-").FullName;
    private readonly bool isolated;

    private DriverBench(Peers peers, bool isolated) => (Peers, this.isolated) = (peers, isolated);

    public Peers Peers { get; }

    public CollectedLog Log { get; } = new();

    /// <summary>As the manifest names it.</summary>
    public string Protocol { get; set; } = "c1";

    /// <summary>What the last calls told on their way.</summary>
    public ConcurrentQueue<(string Message, double? Fraction)> Progress { get; } = [];

    /// <summary>What the manifest says of them.</summary>
    public Platform.Registry.V1.ConnectorLimits? AskedLimits { get; set; }

    public IReadOnlyDictionary<string, string> Variables { get; set; } = new Dictionary<string, string>();

    /// <summary>As the last connector that started was said to be isolated.</summary>
    public string? Isolation { get; private set; }

    /// <summary>What the last sync that succeeded had committed.</summary>
    public LoadTotals? Totals { get; private set; }

    /// <summary>Whether a process of a connector is stopped (SIGSTOP).</summary>
    public bool StandsStill => ProcessTable.WithPrefix(RunFolder.Marker, temporary)
        .Any(pid => File.ReadLines($"/proc/{pid}/status").Any(line => line.StartsWith("State:\tT", StringComparison.Ordinal)));

    public static async Task<DriverBench> StartAsync(bool isolated = true) => new(await Peers.StartAsync(), isolated);

    public async Task<RunFault> FaultAsync(
        string options, string bundle, string command, Dictionary<string, string?>? settings = null, bool autoMtls = false) =>
        (await Assert.ThrowsAsync<RunFaultException>(() => SyncAsync(options, bundle, command, settings, autoMtls: autoMtls))).Fault;

    public async Task<SyncEnd> SyncAsync(
        string options, string bundle, string command, Dictionary<string, string?>? settings = null, CancellationTokenSource? stop = null, bool autoMtls = false,
        bool fullListing = false, bool fromStart = false, string[]? streams = null)
    {
        await using var provider = Provide(settings);
        using var channel = Peers.Channel();
        var run = new RunIdentity { RunId = Guid.CreateVersion7().ToString(), ConnectionId = Guid.CreateVersion7().ToString(), Fence = 1 };
        PageLoad? pages = null;
        var limit = TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<ConnectorSettings>>().Value.SyncTimeoutSeconds);
        try
        {
            var end = await Driver(provider).SyncAsync(
                new(Launch(provider, bundle, command, options, autoMtls), options, OpenAsync, applies => Isolation = applies, limit)
                {
                    FullListing = fullListing,
                    FromStart = fromStart,
                    Streams = streams ?? [],
                    OnProgress = (message, fraction) => Progress.Enqueue((message, fraction)),
                },
                stop?.Token ?? TestContext.Current.CancellationToken).WaitAsync(SyncTimeout, CancellationToken.None);
            Totals = pages!.Totals;
            return end;
        }
        finally
        {
            pages?.Dispose();
        }

        async Task<PageLoad> OpenAsync(bool startsOver) =>
            pages = await PageLoad.OpenAsync(new(channel), new Open { Run = run, StartOver = startsOver }, CancellationToken.None);
    }

    public async Task<ConnectorDescription> DescribeAsync(string bundle, string command)
    {
        await using var provider = Provide(null);
        return await Driver(provider).DescribeAsync(Launch(provider, bundle, command, "", false), TestContext.Current.CancellationToken).WaitAsync(SyncTimeout, CancellationToken.None);
    }

    public async Task<IReadOnlyList<CheckResult>> CheckAsync(string options, string bundle, string command)
    {
        await using var provider = Provide(null);
        return await Driver(provider).CheckAsync(Launch(provider, bundle, command, options, false), options, TestContext.Current.CancellationToken).WaitAsync(SyncTimeout, CancellationToken.None);
    }

    public async Task<ActionAnswer> InvokeAsync(
        string action, string arguments, string options, string bundle, string command, CancellationTokenSource? stop = null, long maxResultBytes = 1 << 20)
    {
        await using var provider = Provide(null);
        return await Driver(provider).InvokeAsync(
            new(Launch(provider, bundle, command, options, false), options, action, arguments, Guid.CreateVersion7(), applies => Isolation = applies,
                (message, fraction) => Progress.Enqueue((message, fraction)), maxResultBytes),
            stop?.Token ?? TestContext.Current.CancellationToken).WaitAsync(SyncTimeout, CancellationToken.None);
    }

    private IConnectorDriver Driver(IServiceProvider provider) => provider.GetRequiredService<ConnectorDrivers>().For(Protocol);

    private ServiceProvider Provide(Dictionary<string, string?>? settings)
    {
        Dictionary<string, string?> values = new((settings ?? []).Select(s => KeyValuePair.Create("Connectors:" + s.Key, s.Value)))
        {
            ["Connectors:TemporaryDirectory"] = temporary,
            ["Connectors:UseBubblewrap"] = isolated.ToString(),
            ["Connectors:UseControlGroups"] = isolated.ToString(),
        };
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddConnectorDrivers();
        return services.BuildServiceProvider();
    }

    private ConnectorLaunch Launch(IServiceProvider provider, string bundle, string command, string options, bool autoMtls)
    {
        var output = new ConnectorOutput(Log, Guid.Empty, "tested", new OptionMask(options));
        var limits = LaunchLimits.Of(provider.GetRequiredService<IOptions<ConnectorSettings>>().Value, AskedLimits);
        return new("tested", bundle, command, limits, output, autoMtls) { Environment = Variables };
    }

    /// <summary>No orphans: neither processes nor sockets nor folders.</summary>
    public async ValueTask DisposeAsync()
    {
        await Peers.DisposeAsync();
        Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        Directory.Delete(temporary);
    }
}
