using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Net.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Runner;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Processes;

namespace Platform.Benchmarks.Starts;

/// <summary>The steps of the Runner's PluginHost from nothing to the answered ping, one by one with a look at the clock between.</summary>
internal sealed class StartHost : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);

    private readonly ServiceProvider provider;
    private readonly ProcessLauncher launcher;
    private readonly Isolation isolation;
    private readonly RunFolders folders;
    private readonly LaunchLimits limits;

    public StartHost(bool isolated)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Connectors:UseBubblewrap"] = isolated.ToString(),
            ["Connectors:UseControlGroups"] = isolated.ToString(),
        }).Build());
        services.AddLogging();
        services.AddConnectorDrivers();
        provider = services.BuildServiceProvider();
        var start = Stopwatch.GetTimestamp();
        isolation = provider.GetRequiredService<Isolation>();
        LookForIsolation = Stopwatch.GetElapsedTime(start);
        launcher = provider.GetRequiredService<ProcessLauncher>();
        folders = provider.GetRequiredService<RunFolders>();
        limits = LaunchLimits.Of(provider.GetRequiredService<IOptions<ConnectorSettings>>().Value);
    }

    /// <summary>What the Runner spends once, when it starts.</summary>
    public TimeSpan LookForIsolation { get; }

    /// <summary>What applied to the last connector, as a run records it.</summary>
    public string AppliedIsolation { get; private set; } = "none";

    public async Task<StartTimes> StartAsync(StartCase connector)
    {
        var start = Stopwatch.GetTimestamp();
        using var folder = folders.Create();
        var variables = new Dictionary<string, string>
        {
            ["BASIC_PLUGIN"] = "hello",
            ["PLUGIN_PROTOCOL_VERSIONS"] = "1",
            ["PLUGIN_UNIX_SOCKET_DIR"] = folder.Path,
        };
        var line = new TaskCompletionSource<(string Text, long Time)>(TaskCreationOptions.RunContinuationsAsynchronously);
        var errors = new List<string>();
        var output = new ConnectorOutput(NullLogger.Instance, null, connector.Name, new OptionMask(""));
        var launch = new ConnectorLaunch(connector.Name, connector.Bundle, connector.Command, limits, output);
        await using var process = await ConnectorProcess.StartAsync(
            launcher, isolation, launch, folder, variables, Handshake.MaxLineBytes,
            (text, _) => line.TrySetResult((text, Stopwatch.GetTimestamp())), (text, _) => errors.Add(text));
        AppliedIsolation = process.Isolation;
        var spawned = Stopwatch.GetTimestamp();
        if (await Task.WhenAny(line.Task, process.Exited, Task.Delay(HandshakeLimit)) != line.Task)
        {
            await process.DrainAsync();
            if (!line.Task.IsCompleted)
                throw new InvalidOperationException($"The connector in {connector.Name} printed no handshake: {string.Join('\n', errors)}");
        }

        var (handshake, announced) = await line.Task;
        if (!connector.Answers)
            return new(Stopwatch.GetElapsedTime(start, spawned), Stopwatch.GetElapsedTime(spawned, announced), TimeSpan.Zero, TimeSpan.Zero);

        var connected = 0L;
        using var channel = Connect(Handshake.Parse(handshake, false, [1]).Address, () => connected = Stopwatch.GetTimestamp());
        await PluginHealth.CheckAsync(channel.CreateCallInvoker(), DateTime.UtcNow + HandshakeLimit, CancellationToken.None);
        var answered = Stopwatch.GetTimestamp();
        return new(
            Stopwatch.GetElapsedTime(start, spawned), Stopwatch.GetElapsedTime(spawned, announced),
            Stopwatch.GetElapsedTime(announced, connected), Stopwatch.GetElapsedTime(connected, answered));
    }

    public async ValueTask DisposeAsync() => await provider.DisposeAsync();

    private static GrpcChannel Connect(string path, Action connected) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = false,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                connected();
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
    });
}

/// <param name="Spawn">The host: run folder, control group, fork and exec.</param>
/// <param name="Handshake">The isolation's programs one after the other, then the connector up to its handshake line.</param>
/// <param name="Connect">The host: channel made, socket connected.</param>
/// <param name="Answer">HTTP/2 set up, ping sent, answer there.</param>
internal sealed record StartTimes(TimeSpan Spawn, TimeSpan Handshake, TimeSpan Connect, TimeSpan Answer)
{
    public TimeSpan Total => Spawn + Handshake + Connect + Answer;
}
