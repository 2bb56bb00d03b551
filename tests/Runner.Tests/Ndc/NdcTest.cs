using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Contracts;
using Platform.Ingest.V1;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Ndc;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;
using Platform.Runner.Runs;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc;

/// <summary>The driver of packaged connectors as a Runner has it, over a real engine and containers.</summary>
[Collection("packages")]
public abstract class NdcTest(ContainerEngineFixture engine, NdcPeer peer) : IAsyncLifetime
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly string temporary = Directory.CreateTempSubdirectory("nt-").FullName;
    private ServiceProvider? services;
    private Peers? peers;

    private protected CollectedLog Log { get; } = new();

    private protected ContainerEngineFixture Engine => engine;

    private protected string Connection { get; } = Guid.CreateVersion7().ToString();

    private protected Dictionary<string, string?> Settings { get; } = new() { ["Services:GraceSeconds"] = "2" };

    private protected string Bundle => Path.Combine(temporary, "bundle", "files");

    private protected IConnectorDriver Driver => (services ??= Services()).GetRequiredService<ConnectorDrivers>().For(NdcDriver.Protocol);

    private protected IngestPeer Ingest => peers!.Ingest;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        peers = await Peers.StartAsync();
        Runs();
    }

    public async ValueTask DisposeAsync()
    {
        if (services is not null)
        {
            await services.GetRequiredService<WarmServers>().StopAsync(CancellationToken.None);
            await services.DisposeAsync();
            Assert.Empty(Containers());
        }

        await peers!.DisposeAsync();
        Directory.Delete(temporary, recursive: true);
    }

    /// <summary>Writes the version as an installation would.</summary>
    /// <param name="changes">Of the image, such as <c>ENV A=b</c>.</param>
    private protected void Runs(Func<PackageRuntime, PackageRuntime>? change = null, params string[] changes)
    {
        var runtime = new PackageRuntime(peer.ImageIn(engine, changes), "peer:test", "connector");
        Directory.CreateDirectory(Path.Combine(Bundle, ".platform"));
        Directory.CreateDirectory(Path.Combine(Bundle, "connector", ".hasura"));
        File.WriteAllText(Path.Combine(Bundle, "connector", "configuration.json"), """{"this":"is it"}""");
        File.WriteAllText(Path.Combine(Bundle, PackageRuntime.Path), JsonSerializer.Serialize(change?.Invoke(runtime) ?? runtime, PlatformJson.Options));
    }

    private protected ConnectorLaunch Launch(int startSeconds = 60) =>
        new("peer", Bundle, "", new(256, 64, TimeSpan.FromSeconds(startSeconds)), new(Log, null, "peer", new OptionMask(""))) { Connection = Connection };

    private protected async Task<RunFault> FaultAsync(Func<Task> call) => (await Assert.ThrowsAsync<RunFaultException>(call)).Fault;

    private protected Task<ActionAnswer> InvokeAsync(string action, string arguments, string options = "{}", long maxResultBytes = 1 << 20) => Driver.InvokeAsync(
        new(Launch(), options, action, arguments, Guid.CreateVersion7(), _ => { }, (_, _) => { }, maxResultBytes), Cancel).WaitAsync(Limit, CancellationToken.None);

    /// <summary>The value that an action has answered.</summary>
    private protected async Task<JsonElement> ValueAsync(string action, string arguments, string options = "{}")
    {
        var answer = await InvokeAsync(action, arguments, options);
        Assert.Null(answer.Error);
        return JsonSerializer.Deserialize<JsonElement>(answer.Result);
    }

    private protected Task<SyncEnd> SyncAsync(string options = "{}", bool fromStart = false, params string[] streams) => SyncAsync(options, fromStart, new Dictionary<string, string>(), streams);

    private protected async Task<SyncEnd> SyncAsync(string options, bool fromStart, IReadOnlyDictionary<string, string> cursors, params string[] streams)
    {
        using var channel = peers!.Channel();
        var run = new RunIdentity { RunId = Guid.CreateVersion7().ToString(), ConnectionId = Connection, Fence = 1 };
        PageLoad? pages = null;
        try
        {
            return await Driver.SyncAsync(
                new(Launch(), options, OpenAsync, _ => { }, Limit) { FromStart = fromStart, Streams = streams, Cursors = cursors }, Cancel).WaitAsync(Limit, CancellationToken.None);
        }
        finally
        {
            pages?.Dispose();
        }

        async Task<PageLoad> OpenAsync(bool startsOver) => pages = await PageLoad.OpenAsync(new(channel), new Open { Run = run, StartOver = startsOver }, CancellationToken.None);
    }

    /// <summary>Of this test's connection.</summary>
    private protected IReadOnlyList<string> Containers() =>
        engine.Docker("ps", "--all", "--quiet", "--no-trunc", "--filter", $"label=platform.connection={Connection}").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private ServiceProvider Services()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            [new("Containers:Socket", engine.Socket), new("Connectors:TemporaryDirectory", temporary), .. Settings]).Build();
        var collection = new ServiceCollection();
        collection.AddLogging().AddSingleton<IConfiguration>(configuration).AddSingleton<OutboundGuard>().AddConnectorDrivers();
        return collection.BuildServiceProvider();
    }
}
