using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Contracts;
using Platform.Oms;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms.Servers;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>The servers of services as a Runner has them, over a real engine and the real sandbox.</summary>
[Collection("oms servers")]
public abstract class ServerTest(ContainerEngineFixture engine, OmsPrograms programs) : IAsyncLifetime
{
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private protected static readonly OmsService Plain = new(new(), new(), null, [], [], [], [], [], []);
    private readonly string temporary = Directory.CreateTempSubdirectory("st-").FullName;
    private readonly List<ServiceProvider> runners = [];

    private protected WarmServers Servers => field ??= StartRunner();

    private protected CollectedLog Log { get; } = new();

    private protected ContainerEngineFixture Engine => engine;

    private protected OmsPrograms Programs => programs;

    private protected string Connection { get; } = Guid.CreateVersion7().ToString();

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in runners)
        {
            await runner.GetRequiredService<WarmServers>().StopAsync(CancellationToken.None);
            // With the volumes of this test's connection: the engine may be one that stays.
            await runner.GetRequiredService<WarmServers>().ForgetAsync(Connection);
            await runner.DisposeAsync();
        }

        if (runners.Count > 0)
            Assert.Empty(ProcessTable.WithPrefix(RunFolder.Marker, temporary));
        Directory.Delete(temporary, recursive: true);
    }

    private protected WarmServers StartRunner(params (string Name, string Value)[] settings)
    {
        var runner = Services(engine.Socket, settings);
        runners.Add(runner);
        var servers = runner.GetRequiredService<WarmServers>();
        servers.StartAsync(CancellationToken.None);
        return servers;
    }

    private protected ServiceProvider Services(string socket, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("Containers:Socket", socket), new("Connectors:TemporaryDirectory", temporary), new("Services:GraceSeconds", "2"),
            .. settings.Select(s => KeyValuePair.Create(s.Name, (string?)s.Value)),
        ]).Build();
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton<IConfiguration>(configuration);
        services.AddConnectorDrivers();
        return services.BuildServiceProvider();
    }

    /// <param name="kind">One of <see cref="ServiceKinds"/>.</param>
    private protected OmsServerWish Wish(string kind, OmsService? service = null, string options = "{}", ConnectorOutput? output = null, int startSeconds = 60) => new(
        new("service", programs.Folder, "", new(256, 64, TimeSpan.FromSeconds(startSeconds)), output ?? Output()) { Connection = Connection, Digest = "d" },
        options, service ?? Plain,
        new(kind, "oms.yml", kind == ServiceKinds.Image ? programs.ImageIn(engine) : null, "service:test", kind == ServiceKinds.Server ? "http://127.0.0.1" : null));

    private protected ConnectorOutput Output(OptionMask? mask = null) => new(Log, null, "service", mask ?? new OptionMask(""));

    /// <summary>How the one program is called, in the image's root or the bundle's.</summary>
    protected static string[] Words(string kind, params string[] words) => [kind == ServiceKinds.Image ? "/service" : "./service", .. words];

    private protected static OmsService Serving(int port, int unready = 0, string file = "/dev/null", string kind = ServiceKinds.Image) => Plain with
    {
        Lifecycle = new(Words(kind, "serve", $"{port}", $"{unready}", file)),
        Health = new(port, "/health"),
    };

    /// <summary>Of this test's connection.</summary>
    protected IReadOnlyList<string> Containers() =>
        engine.Docker("ps", "--all", "--quiet", "--no-trunc", "--filter", $"label=platform.connection={Connection}").Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
