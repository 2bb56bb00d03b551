using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Platform.Gateway.Tokens;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace Platform.Gateway.Tests;

/// <summary>The real gateway on Kestrel with a database of its own; registry, installer and ingest are one stub, the runner is not running.</summary>
public class GatewayFixture : IAsyncLifetime
{
    public const string Secret = "internal-secret-of-the-test";
    private readonly ServersFixture servers;
    private readonly Factory factory;

    public GatewayFixture(ServersFixture servers)
    {
        this.servers = servers;
        Database = servers.PostgresConnectionString("gateway");
        factory = new Factory(this);
    }

    /// <summary>Configuration of its own, beside what every gateway needs.</summary>
    protected virtual IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>();

    public string Bootstrap { get; } = TokenText.Create();

    public string Database { get; }

    public StubService Stub { get; } = new();

    public CapturedLog Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Stub.StartAsync();
        factory.UseKestrel(0);
        factory.StartServer();
        Client = factory.CreateClient();
    }

    /// <summary>A second gateway over the same database.</summary>
    public async Task WithReplicaAsync(Func<Uri, Task> use)
    {
        await using var replica = new Factory(this);
        replica.UseKestrel(0);
        replica.StartServer();
        using var client = replica.CreateClient();
        await use(client.BaseAddress!);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Client?.Dispose();
        await factory.DisposeAsync();
        await Stub.DisposeAsync();
        GC.KeepAlive(servers);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? authorization, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path, "Bearer " + Bootstrap);

    /// <summary>A token straight in the table, as another replica would put it there.</summary>
    public async Task<string> AddTokenAsync(string scopes = "admin", DateTime? expires = null)
    {
        var text = TokenText.Create();
        await ExecuteAsync(
            "INSERT INTO tokens (id, name, hash, scopes, expires_at) VALUES ($1, $2, $3, $4, $5)",
            Guid.CreateVersion7(), "t" + Guid.NewGuid().ToString("N"), TokenText.Hash(text), scopes.Split(' '), (object?)expires ?? DBNull.Value);
        return text;
    }

    /// <summary>A token that this gateway has seen already.</summary>
    public async Task<string> AddKnownTokenAsync(string scopes = "admin")
    {
        var text = await AddTokenAsync(scopes);
        await factory.Services.GetRequiredService<TokenCache>().RefreshAsync(TestContext.Current.CancellationToken);
        return text;
    }

    /// <summary>What the statement gives: rows as arrays.</summary>
    public async Task<IReadOnlyList<object?[]>> QueryAsync(string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<object?[]>();
        while (await row.ReadAsync(TestContext.Current.CancellationToken))
        {
            var values = new object[row.FieldCount];
            row.GetValues(values);
            rows.Add([.. values.Select(value => value is DBNull ? null : value)]);
        }
        return rows;
    }

    public Task RevokeAsync(string text) => ExecuteAsync("UPDATE tokens SET revoked_at = now() WHERE hash = $1", TokenText.Hash(text));

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }

    private sealed class Factory(GatewayFixture fixture) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("ConnectionStrings:gateway-db", fixture.Database);
            // A broker that is away, at port 1 of the loopback: the gateway does the rest of its work without.
            builder.UseSetting("ConnectionStrings:messaging", "amqp://127.0.0.1:1");
            builder.UseSetting("Internal:Secret", Secret);
            builder.UseSetting("Gateway:BootstrapToken", fixture.Bootstrap);
            foreach (var service in new[] { "registry", "installer", "ingest" }) builder.UseSetting($"services:{service}:http:0", fixture.Stub.Url);
            // The runner has an address where nobody listens: port 1 of the loopback.
            builder.UseSetting("services:runner:http:0", "http://127.0.0.1:1");
            foreach (var (name, value) in fixture.Settings) builder.UseSetting(name, value);
            builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(fixture.Log));
        }
    }
}
