using System.Net;
using System.Net.NetworkInformation;
using Platform.Cli.Api;
using Platform.Gateway.Tokens;

namespace Platform.Cli.Local;

/// <summary>A platform that this process runs, from the lock on its data folder to the last of its processes.</summary>
internal sealed class LocalPlatform : IAsyncDisposable
{
    /// <summary>A first start creates the databases; a busy machine takes its time.</summary>
    private static readonly TimeSpan HealthyWithin = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly string data;
    private readonly FileStream hold;
    private readonly AppHostProcess appHost;

    private LocalPlatform(string data, FileStream hold, AppHostProcess appHost, Settings settings)
    {
        this.data = data;
        this.hold = hold;
        this.appHost = appHost;
        Settings = settings;
    }

    public Settings Settings { get; }

    public string LogFile => LogFileIn(data);

    /// <summary>Where the AppHost writes the connection strings that only the operator may see.</summary>
    public static string ConnectionsFileIn(string data) => Path.Combine(data, "run", "connections.json");

    /// <summary>Ends when the AppHost ends by itself.</summary>
    public Task<int> Exited => appHost.Exited;

    /// <exception cref="CliException">A platform runs already, the port is taken, or the start failed.</exception>
    public static async Task<LocalPlatform> StartAsync(StartOptions options, Screen screen, CancellationToken cancel)
    {
        Directory.CreateDirectory(options.Data);
        var hold = Hold(options.Data);
        try
        {
            await WaitForPredecessorAsync(options.Data, screen);
            await CheckPortAsync(options.Port, cancel);
            var settings = new Settings($"http://127.0.0.1:{options.Port}", Settings.LoadFile()?.Token is { } known && TokenText.IsWellFormed(known) ? known : TokenText.Create());

            Directory.CreateDirectory(Path.Combine(options.Data, "run"));
            File.Delete(ConnectionsFileIn(options.Data));
            var appHost = new AppHostProcess(Configuration(options, settings), LogFileIn(options.Data), options.Verbose);
            var platform = new LocalPlatform(options.Data, hold, appHost, settings);
            try
            {
                await platform.WaitUntilHealthyAsync(screen, cancel);
                // Commands go there from now on, and not to one that never came up.
                settings.Save();
                return platform;
            }
            catch
            {
                await platform.DisposeAsync();
                throw;
            }
        }
        catch
        {
            await hold.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await appHost.StopAsync(StopWithin);
        appHost.Dispose();
        File.Delete(PlatformState.FileIn(data));
        File.Delete(ConnectionsFileIn(data));
        await hold.DisposeAsync();
    }

    public CliException Ended(int exitCode) => new(
        ExitCode.Failed,
        "apphost_ended",
        $"The system ended by itself (exit code {exitCode}). The end of its log:{string.Concat(appHost.Tail.Select(line => "\n    " + line))}",
        $"The whole log: {LogFile}");

    /// <summary>Completes when a service or server ends though nobody asked it to, with the AppHost's words.</summary>
    public Task<string> Lost => appHost.Lost;

    private CliException NotStarted(string news) => new(
        ExitCode.Failed, "service_ended",
        $"{news} while the system was starting. What was logged last:{string.Concat(appHost.Tail.TakeLast(12).Select(line => "\n    " + line))}",
        $"The whole log: {LogFile}");

    private static string LogFileIn(string data) => Path.Combine(data, "apphost.log");

    private static Dictionary<string, string> Configuration(StartOptions options, Settings settings)
    {
        var configuration = new Dictionary<string, string>
        {
            ["Parameters:gateway-token"] = settings.Token!,
            ["Platform:DataDirectory"] = options.Data,
            ["Platform:Persistent"] = options.Persistent ? "true" : "false",
            ["Platform:GatewayPort"] = options.Port.ToString(),
            ["Platform:ConnectionsFile"] = ConnectionsFileIn(options.Data),
            ["Standins:DataDirectory"] = Path.Combine(options.Data, "servers"),
            ["DOTNET_NOLOGO"] = "1",
        };
        Add("Local:Roots", [DataDirectory.Root, .. options.LocalRoots.Select(Path.GetFullPath)]);
        Add("Connectors:ReadablePaths", [.. options.Readable.Select(Path.GetFullPath)]);
        Add("Outbound:Allow", options.OutboundAllow);
        Add("Catalog:Sources", options.Catalogs);
        return configuration;

        void Add(string section, IReadOnlyList<string> values)
        {
            for (var i = 0; i < values.Count; i++) configuration[$"{section}:{i}"] = values[i];
        }
    }

    private async Task WaitUntilHealthyAsync(Screen screen, CancellationToken cancel)
    {
        var process = await appHost.StartedAsync();
        new PlatformState(ProcessIdentity.Current, process, Settings.Url).Save(data);
        screen.Say($"Starting the system (log: {LogFile})");
        using var api = new ApiClient(Settings);
        var deadline = DateTime.UtcNow + HealthyWithin;
        while (!await api.IsHealthyAsync(cancel))
        {
            if (Exited.IsCompleted) throw Ended(await Exited);
            if (appHost.Lost.IsCompleted) throw NotStarted(await appHost.Lost);
            if (DateTime.UtcNow > deadline)
                throw new CliException(ExitCode.Failed, "not_healthy", $"The gateway was not healthy within {HealthyWithin.TotalMinutes:0} minutes.", $"Look into {LogFile}.");
            await Task.Delay(Pause, cancel);
        }
    }

    /// <summary>The lock says whether somebody runs here, and goes with its process; platform.json only says who.</summary>
    private static FileStream Hold(string data)
    {
        try
        {
            return new FileStream(Path.Combine(data, "platform.lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException)
        {
            var state = PlatformState.Load(data);
            throw AlreadyRuns(state is null ? $"A platform is just starting on {data}." : $"A platform runs already: process {state.Owner.Pid}, {state.Url}, data in {data}.");
        }
    }

    /// <summary>An AppHost whose starter was killed ends by itself, but not at once.</summary>
    private static async Task WaitForPredecessorAsync(string data, Screen screen)
    {
        if (PlatformState.Load(data) is not { AppHost: { IsAlive: true } left }) return;
        screen.Say($"Waiting for the end of an earlier one (process {left.Pid})");
        if (!await left.WaitForEndAsync(StopWithin))
            throw new CliException(ExitCode.AlreadyRunning, "already_running", $"An AppHost that lost its starter still runs: process {left.Pid}.", "End it with ./platform down.");
    }

    private static async Task CheckPortAsync(int port, CancellationToken cancel)
    {
        if (IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().All(end => end.Port != port)) return;
        throw await IsGatewayAsync(port, cancel)
            ? AlreadyRuns($"A platform from another folder or user runs already: http://127.0.0.1:{port}.")
            : new CliException(ExitCode.AlreadyRunning, "port_taken", $"Port {port} on this machine belongs to another program.", "Choose another: --port 5090");
    }

    private static CliException AlreadyRuns(string message) =>
        new(ExitCode.AlreadyRunning, "already_running", message, "Use it (./platform demo does), end it with ./platform down, or start another beside it with --data and --port.");

    /// <summary>Whether what listens there talks like our gateway: it alone refuses a request without a token in this way.</summary>
    private static async Task<bool> IsGatewayAsync(int port, CancellationToken cancel)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(3) };
        try
        {
            using var response = await http.GetAsync($"http://127.0.0.1:{port}/v1/", cancel);
            return response.StatusCode == HttpStatusCode.Unauthorized && response.Headers.WwwAuthenticate.ToString().Contains("realm=\"platform\"", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>A port where nothing listens, below those that the kernel gives to outgoing connections: one of these could take it at any time.</summary>
    public static int FreePort()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(end => end.Port).ToHashSet();
        while (true)
        {
            var port = Random.Shared.Next(15_000, 32_000);
            if (!taken.Contains(port))
                return port;
        }
    }
}

/// <param name="Persistent">Whether the servers keep what they were given beyond this run.</param>
internal sealed record StartOptions(
    string Data, int Port, bool Persistent, bool Verbose, IReadOnlyList<string> LocalRoots, IReadOnlyList<string> Readable, IReadOnlyList<string> OutboundAllow,
    IReadOnlyList<string> Catalogs);
