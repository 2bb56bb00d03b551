using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Npgsql;
using Platform.ServiceDefaults.Tests;

namespace Platform.Ingest.Tests.Kill;

/// <summary>
/// A server that keeps its data when it is ended and started again, and its address, which is that of a door before it. A test's own, as nobody
/// else could stand that.
/// </summary>
internal sealed class RestartableServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("servers-").FullName;
    private readonly string _name;
    private readonly Action<IDistributedApplicationBuilder, string> _add;
    private readonly Func<string, (string Host, int Port)> _address;
    private readonly Func<string, int, string> _through;
    private DistributedApplication? _application;
    private TcpRelay? _door;

    private RestartableServer(
        string name, Action<IDistributedApplicationBuilder, string> add, Func<string, (string Host, int Port)> address, Func<string, int, string> through)
    {
        (_name, _add, _address, _through) = (name, add, address, through);
        // PostgreSQL may run as another user, who must get through.
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);
    }

    /// <summary>The same after every start.</summary>
    public string ConnectionString { get; private set; } = "";

    public static RestartableServer Postgres() => new(
        "postgres",
        (builder, volume) => builder.AddPostgres("postgres").WithDataVolume(volume),
        connectionString => new NpgsqlConnectionStringBuilder(connectionString) is var parts ? (parts.Host!, parts.Port) : default,
        (connectionString, port) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = port }.ConnectionString);

    public static RestartableServer RabbitMq() => new(
        "messaging",
        (builder, volume) => builder.AddRabbitMQ("messaging").WithDataVolume(volume),
        uri => (new Uri(uri).Host, new Uri(uri).Port),
        (uri, port) => new UriBuilder(uri) { Host = "127.0.0.1", Port = port }.Uri.ToString());

    public async Task StartAsync()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Configuration["Standins:DataDirectory"] = _folder;
        _add(builder, $"{_name}-{Path.GetFileName(_folder)}");
        _application = await builder.BuildAsync(timeout.Token);
        await _application.StartAsync(timeout.Token);
        await _application.ResourceNotifications.WaitForResourceHealthyAsync(_name, timeout.Token);
        var connectionString = (await _application.GetConnectionStringAsync(_name, timeout.Token))!;
        var (host, port) = _address(connectionString);
        if (_door is null)
            _door = new(host, port);
        else
        {
            _door.LeadTo(host, port);
            _door.Up();
        }

        ConnectionString = _through(connectionString, _door.Port);
    }

    /// <summary>As its operator ends it: in order, and without waiting for its clients.</summary>
    public async Task StopAsync()
    {
        if (_application is not null)
            await _application.DisposeAsync();
        _application = null;
        _door?.Down();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_door is not null)
            await _door.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
