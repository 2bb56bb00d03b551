using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Platform.Gateway.Events;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tests.Events;

/// <summary>A gateway on Kestrel over a given database: one of several, or one after the other.</summary>
internal sealed class GatewayReplica : IAsyncDisposable
{
    /// <summary>Where no broker is: port 1 of the loopback.</summary>
    public const string NoBroker = "amqp://127.0.0.1:1";

    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly Factory factory;

    private GatewayReplica(string database, string broker, IReadOnlyDictionary<string, string>? settings)
    {
        Database = database;
        factory = new(database, broker, settings ?? new Dictionary<string, string>(), Log);
    }

    public string Database { get; }

    public CapturedLog Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public EventStore Store => factory.Services.GetRequiredService<EventStore>();

    public IServiceProvider Services => factory.Services;

    public static Task<GatewayReplica> StartAsync(string database, string broker = NoBroker, IReadOnlyDictionary<string, string>? settings = null) => Task.Run(() =>
    {
        var replica = new GatewayReplica(database, broker, settings);
        replica.factory.UseKestrel(0);
        replica.factory.StartServer();
        replica.Client = replica.factory.CreateClient();
        replica.Client.DefaultRequestHeaders.Authorization = new("Bearer", Factory.Bootstrap);
        return replica;
    });

    public static ReceivedEvent Event(string type, string? connection = null, string? id = null, int number = 0, string filling = "") => new(
        id ?? Guid.CreateVersion7().ToString(), type, "/test", DateTimeOffset.UtcNow,
        JsonSerializer.Serialize(connection is null ? (object)new { number, filling } : new { connection, number, filling }), connection);

    public Task AppendAsync(params ReceivedEvent[] events) => Store.AppendAsync(events, TestContext.Current.CancellationToken);

    public async Task<string> TokenAsync(params string[] scopes)
    {
        using var response = await Client.PostAsJsonAsync("/v1/tokens", new { name = "t" + Guid.NewGuid().ToString("N"), scopes }, TestContext.Current.CancellationToken);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("token").GetString()!;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async Task<JsonElement> GetAsync(string path, string? token = null)
    {
        using var response = await SendAsync(HttpMethod.Get, path, token: token);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    public async Task<HttpResponseMessage> OpenAsync(string query, long? last = null, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events" + query);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (last is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", $"{last}");
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>The events of a stream; ends with it, or by <see cref="Patience"/> in failure.</summary>
    public static async IAsyncEnumerable<(long Id, string Type, JsonElement Event)> EventsOf(HttpResponseMessage response)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Patience);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await using var stream = await response.Content.ReadAsStreamAsync(deadline.Token);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(deadline.Token))
            yield return (long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture), item.EventType, JsonElement.Parse(item.Data));
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public Task ExecuteAsync(string sql) => CountAsync($"WITH done AS ({sql} RETURNING 1) SELECT count(*) FROM done");

    public static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        for (var begun = TimeProvider.System.GetTimestamp(); !await holds(); await Task.Delay(LookEvery, TestContext.Current.CancellationToken))
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await factory.DisposeAsync();
    }

    private sealed class Factory(string database, string broker, IReadOnlyDictionary<string, string> settings, CapturedLog log) : WebApplicationFactory<Program>
    {
        public static readonly string Bootstrap = TokenText.Create();

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseSetting("ConnectionStrings:gateway-db", database);
            builder.UseSetting("ConnectionStrings:messaging", broker);
            builder.UseSetting("Internal:Secret", GatewayFixture.Secret);
            builder.UseSetting("Gateway:BootstrapToken", Bootstrap);
            foreach (var (key, value) in settings) builder.UseSetting(key, value);
            builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        }
    }
}
