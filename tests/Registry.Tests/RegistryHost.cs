using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.ServiceDefaults;

namespace Platform.Registry.Tests;

/// <summary>Registry itself, on real sockets, over a given database, broker and data folder.</summary>
internal sealed class RegistryHost : WebApplicationFactory<Program>
{
    public const string Secret = "the-internal-secret-of-these-tests";

    private readonly (string Key, string Value)[] settings;

    public RegistryHost(string database, string messaging, string dataDirectory, params (string Key, string Value)[] more)
    {
        settings =
        [
            ("ConnectionStrings:registry-db", database), ("ConnectionStrings:messaging", messaging), ("Internal:Secret", Secret),
            ("Data:Directory", dataDirectory), ("Kestrel:Endpoints:http:Url", "http://127.0.0.1:0"), ("Kestrel:Endpoints:grpc:Url", "http://127.0.0.1:0"),
            .. more,
        ];
        UseKestrel();
    }

    /// <summary>Everything that was logged, at every level.</summary>
    public ConcurrentQueue<string> Logs { get; } = [];

    /// <summary>A client as the gateway is one: with the internal secret, and a token's scopes.</summary>
    public HttpClient ClientWith(string scopes, bool secret = true)
    {
        var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = HttpAddress };
        if (secret) client.DefaultRequestHeaders.Add(InternalSecret.Header, Secret);
        client.DefaultRequestHeaders.Add(Scopes.Header, scopes);
        client.DefaultRequestHeaders.Add(Scopes.ActorHeader, "tester");
        return client;
    }

    public Uri HttpAddress => Addresses[1];

    public Uri GrpcAddress => Addresses[0];

    // In the order of the names in Kestrel:Endpoints.
    private Uri[] Addresses
    {
        get
        {
            StartServer();
            return [.. Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a))];
        }
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (key, value) in settings) builder.UseSetting(key, value);
        builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new Recorder(Logs)));
    }

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Writer(categoryName, lines);

        public void Dispose()
        {
        }

        private sealed class Writer(string category, ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> format) =>
                lines.Enqueue($"{level} {category}: {format(state, exception)} {exception}");
        }
    }
}
