using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults.Tests;

/// <summary>A service with the defaults on a real socket, and a client that shows the secret.</summary>
internal sealed class TestService : IAsyncDisposable
{
    public const string Secret = "the-internal-secret";
    private readonly WebApplication app;

    private TestService(WebApplication app, RecordedLogs logs)
    {
        this.app = app;
        Logs = logs;
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
        Client.DefaultRequestHeaders.Add(InternalSecret.Header, Secret);
    }

    public RecordedLogs Logs { get; }
    public Uri Address { get; }
    public HttpClient Client { get; }
    public IServiceProvider Services => app.Services;

    public static async Task<TestService> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null, bool requireSecret = true)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new("Internal:Secret", Secret)]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        configure?.Invoke(builder);
        builder.AddServiceDefaults(requireSecret);
        var logs = new RecordedLogs();
        builder.Logging.ClearProviders().AddProvider(logs);
        var app = builder.Build();
        app.UseServiceDefaults();
        map(app);
        await app.StartAsync();
        return new TestService(app, logs);
    }

    /// <summary>Status and body of a problem, after checking that it is one.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)response.StatusCode, body.GetProperty("status").GetInt32());
        Assert.Equal("urn:platform:problem:" + body.GetProperty("code").GetString(), body.GetProperty("type").GetString());
        return body;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        // Disposing alone would not end its hosted services.
        await app.StopAsync();
        await app.DisposeAsync();
    }
}

internal sealed class RecordedLogs : ILoggerProvider
{
    private readonly List<(LogLevel Level, string Category, string Text)> entries = [];

    public IReadOnlyList<(LogLevel Level, string Category, string Text)> Entries
    {
        get { lock (entries) return [.. entries]; }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(RecordedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (logs.entries)
                logs.entries.Add((logLevel, category, formatter(state, exception) + exception));
        }
    }
}
