using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Platform.Ingest.Purge;
using Platform.Ingest.V1;
using Platform.Registry.V1;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Ingest.Tests;

/// <summary>The whole service on real ports over a real database of its own.</summary>
internal sealed class IngestHost : IAsyncDisposable
{
    /// <summary>What the test's own sessions are called in the database.</summary>
    public const string TestApplication = "test";

    public const string Secret = "a secret of this test run";

    /// <summary>A broker that is away: events stay in the outbox, where a test can look at them.</summary>
    public const string NoBroker = "amqp://nobody:nothing@127.0.0.1:1";

    private static readonly TimeSpan BlockedTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WorkTimeout = TimeSpan.FromSeconds(90);

    private readonly Factory _factory;
    private readonly WebApplication _registry;
    private readonly GrpcChannel _channel;

    private IngestHost(Factory factory, WebApplication registry, NpgsqlDataSource database)
    {
        _factory = factory;
        _registry = registry;
        Database = database;
        _factory.UseKestrel();
        _factory.StartServer();
        // In the order of their names in the configuration: grpc, http.
        var addresses = _factory.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToArray();
        _channel = GrpcChannel.ForAddress(addresses[0], new() { MaxSendMessageSize = null });
        Ingest = new(_channel);
        Http = new() { BaseAddress = new(addresses[1]) };
        Http.DefaultRequestHeaders.Add(InternalSecret.Header, Secret);
        Http.DefaultRequestHeaders.Add(Scopes.Header, "objects:read");
    }

    public NpgsqlDataSource Database { get; }

    public IngestClient Ingest { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => _factory.Services;

    public static Metadata Headers => new() { { InternalSecret.Header.ToLowerInvariant(), Secret } };

    /// <param name="connectionString">Of an empty database; the service may get there another way, see <paramref name="settings"/>.</param>
    public static async Task<IngestHost> StartAsync(string connectionString, string broker = NoBroker, params (string Key, string Value)[] settings)
    {
        var registry = await StartRegistryAsync();
        var factory = new Factory(
        [
            ("ConnectionStrings:ingest-db", connectionString),
            ("ConnectionStrings:messaging", broker),
            ("Internal:Secret", Secret),
            ("services:registry:grpc:0", registry.Urls.Single()),
            ("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0"),
            ("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0"),
            ("Load:BatchDelay", "00:00:00.050"),
            .. settings,
        ]);
        return new(factory, registry, NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 10, ApplicationName = TestApplication }));
    }

    public async Task<T> QueryAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new() { Value = parameter });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Holds the connection's row until disposed: no batch of it can begin.</summary>
    public async Task<IAsyncDisposable> LockAsync(TestRun run)
    {
        var connection = await Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"BEGIN; SELECT FROM connections WHERE connection_id = '{run.ConnectionId}' FOR UPDATE", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <returns>The process id of the session in which a load waits for a lock.</returns>
    public async Task<int> WaitForBlockedLoadAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < BlockedTimeout)
        {
            await using var command = Database.CreateCommand(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingest-load' AND wait_event_type = 'Lock'");
            if (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is int pid)
                return pid;
        }

        throw new TimeoutException($"No load waited for a lock within {BlockedTimeout}.");
    }

    /// <returns>The process id of the session in which a load is in the middle of a transaction.</returns>
    public async Task<int> WaitForWorkingLoadAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < WorkTimeout)
        {
            var pid = await Model.Snapshot.WhenUpAsync(async () =>
            {
                await using var command = Database.CreateCommand(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'ingest-load' AND state IN ('active', 'idle in transaction')");
                return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) as int?;
            });
            if (pid is not null)
                return pid.Value;
        }

        throw new TimeoutException($"No load worked in the database within {WorkTimeout}.");
    }

    /// <summary>Waits until so many sessions of the service wait for a lock.</summary>
    public async Task WaitForBlockedAsync(int sessions)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (await QueryAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") < sessions)
            if (TimeProvider.System.GetElapsedTime(started) > BlockedTimeout)
                throw new TimeoutException($"Fewer than {sessions} sessions waited for a lock within {BlockedTimeout}.");
    }

    public Task<LoadSession> OpenAsync(TestRun run, bool startOver = false, bool notifyChanges = false) =>
        LoadSession.OpenAsync(this, run, startOver, notifyChanges);

    public async Task<RunOutcome> CloseAsync(TestRun run, Outcome outcome = Outcome.Succeeded, Action<CloseRequest>? change = null)
    {
        var request = new CloseRequest { Run = run.Identity, Outcome = outcome };
        if (outcome == Outcome.Failed)
            request.Error = new() { Code = "connector_failed", Message = "it fell over", Detail = "its last words" };
        change?.Invoke(request);
        return await Ingest.CloseAsync(request, Headers, cancellationToken: TestContext.Current.CancellationToken);
    }

    public async Task<RunOutcome?> OutcomeAsync(TestRun run) =>
        (await Ingest.GetOutcomeAsync(new() { RunId = run.RunId.ToString() }, Headers, cancellationToken: TestContext.Current.CancellationToken)).Outcome;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        _channel.Dispose();
        await _factory.DisposeAsync();
        await _registry.DisposeAsync();
        await Database.DisposeAsync();
    }

    private static async Task<WebApplication> StartRegistryAsync()
    {
        var builder = WebApplication.CreateBuilder();
        // Not Ingest's appsettings.json, which lies beside the test.
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddInMemoryCollection([new("Internal:Secret", Secret)]);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2));
        builder.AddServiceDefaults();
        builder.Services.AddGrpc();
        var registry = builder.Build();
        registry.UseServiceDefaults();
        registry.MapGrpcService<KnownConnections>();
        await registry.StartAsync(TestContext.Current.CancellationToken);
        return registry;
    }

    private sealed class Factory((string Key, string Value)[] settings) : WebApplicationFactory<IngestService>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
            // It would purge once within the first half minute, in the middle of any test: it runs where a test asks for it.
            if (!Array.Exists(settings, setting => setting.Key == "Purge:Interval"))
                builder.ConfigureTestServices(services => services.Remove(services.Single(service => service.ImplementationType == typeof(PurgeTimer))));
        }
    }

    /// <summary>Registry's side of the contract: a connection's name is in its id.</summary>
    private sealed class KnownConnections : Platform.Registry.V1.Registry.RegistryBase
    {
        public override Task<Connection> ResolveConnection(ResolveConnectionRequest request, ServerCallContext context) =>
            TestRun.ConnectionIdOf(request.Name) is { } id
                ? Task.FromResult(new Connection { Id = id.ToString(), Name = request.Name, Connector = "files" })
                : throw new ProblemException(new("unknown_connection", 404, "There is no such connection", $"No connection is named {request.Name}."));
    }
}

/// <summary>A run as Runner identifies it.</summary>
internal sealed record TestRun(Guid RunId, Guid ConnectionId, string Connection, long Fence, RunKind Kind = RunKind.Sync)
{
    private static long lastFence = 1000;

    /// <summary>A run of a connection that nothing else uses.</summary>
    public static TestRun New()
    {
        var id = Guid.CreateVersion7();
        return new(Guid.CreateVersion7(), id, $"connection-{id}", Interlocked.Increment(ref lastFence));
    }

    public RunIdentity Identity => new()
    {
        RunId = RunId.ToString(),
        ConnectionId = ConnectionId.ToString(),
        Connection = Connection,
        Connector = "files",
        Fence = Fence,
        Kind = Kind,
    };

    /// <summary>The connection's next run.</summary>
    public TestRun Next() => this with { RunId = Guid.CreateVersion7(), Fence = Interlocked.Increment(ref lastFence) };

    /// <summary>A run that listens, of the same connection; its fences are its own.</summary>
    public TestRun Listening(long fence = 1) => this with { RunId = Guid.CreateVersion7(), Fence = fence, Kind = RunKind.Listen };

    /// <summary>The same run under a newer lease.</summary>
    public TestRun Again() => this with { Fence = Interlocked.Increment(ref lastFence) };

    public static Guid? ConnectionIdOf(string name) =>
        name.StartsWith("connection-", StringComparison.Ordinal) && Guid.TryParse(name["connection-".Length..], out var id) ? id : null;
}
