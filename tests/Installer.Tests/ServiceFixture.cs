using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using MassTransit;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.Installer.Tests;
using Platform.Servers;
using Platform.ServiceDefaults;

[assembly: AssemblyFixture(typeof(ServersFixture))]
[assembly: AssemblyFixture(typeof(ContainerEngineFixture))]

namespace Platform.Installer.Tests;

/// <summary>One after the other: a second Installer would take the first one's commands from the broker.</summary>
[CollectionDefinition(nameof(ServiceGroup))]
public sealed class ServiceGroup : ICollectionFixture<ServiceFixture>;

/// <summary>The Installer as a whole over a real broker, and a Registry that only listens.</summary>
public sealed class ServiceFixture(ServersFixture servers) : IAsyncLifetime
{
    private const string Secret = "a secret of the tests";
    private readonly ConcurrentQueue<InstallFinished> _answers = new();
    private readonly ConcurrentQueue<InstallProgressed> _progress = new();
    private WebApplicationFactory<Program>? _factory;
    private IBusControl? _registry;

    internal Workplace Place { get; } = new();

    public WebApplicationFactory<Program> Factory => _factory!;

    /// <summary>With the secret and the scope that the gateway would add.</summary>
    public HttpClient Client(string? scopes = "connectors:read")
    {
        var client = Factory.CreateClient();
        client.DefaultRequestHeaders.Add("X-Platform-Secret", Secret);
        if (scopes is not null) client.DefaultRequestHeaders.Add("X-Platform-Scopes", scopes);
        return client;
    }

    public async ValueTask InitializeAsync()
    {
        _registry = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(new Uri(servers.RabbitMqUri));
            rabbit.UseRawJsonSerializer(RawSerializerOptions.AnyMessageType, isDefault: true);
            rabbit.ConfigureJsonSerializerOptions(PlatformJson.Apply);
            // Two queues: a raw message in one queue would be taken for every type that is handled there.
            rabbit.ReceiveEndpoint("installer-tests-answers", endpoint =>
                endpoint.Handler<InstallFinished>(context => { _answers.Enqueue(context.Message); return Task.CompletedTask; }));
            rabbit.ReceiveEndpoint("installer-tests-progress", endpoint =>
                endpoint.Handler<InstallProgressed>(context => { _progress.Enqueue(context.Message); return Task.CompletedTask; }));
        });
        await _registry.StartAsync();
        Start();
    }

    public void Start()
    {
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(web =>
        {
            web.UseSetting("Internal:Secret", Secret);
            web.UseSetting("Data:Directory", Path.Combine(Place.Folder, "service"));
            web.UseSetting("Local:Roots:0", Place.Roots);
            web.UseSetting("ConnectionStrings:messaging", servers.RabbitMqUri);
        });
        _ = _factory.Server;
    }

    public async Task StopAsync() => await _factory!.DisposeAsync();

    /// <summary>The Installer in a process of its own, over the same data, for tests that kill it.</summary>
    internal Process StartProcess()
    {
        var program = typeof(Program).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", [program]) { WorkingDirectory = Path.GetDirectoryName(program), RedirectStandardOutput = true };
        foreach (var (name, value) in ((string, string)[])
                 [
                     ("Internal__Secret", Secret), ("Data__Directory", Path.Combine(Place.Folder, "service")), ("Local__Roots__0", Place.Roots),
                     ("ConnectionStrings__messaging", servers.RabbitMqUri), ("Kestrel__Endpoints__http__Url", "http://127.0.0.1:0"), ("Kestrel__Endpoints__grpc__Url", "http://127.0.0.1:0"),
                 ])
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    internal DataFolder Data => new(Microsoft.Extensions.Options.Options.Create(new DataOptions { Directory = Path.Combine(Place.Folder, "service") }));

    /// <summary>Of the service as it runs; unlike <see cref="Data"/>, whose making empties the work folder.</summary>
    internal DataFolder DataOfService => Factory.Services.GetRequiredService<DataFolder>();

    public Task CancelAsync(Guid install) => _registry!.Publish(new CancelInstall(install));

    public Task SendAsync(InstallConnector command) => _registry!.Publish(command);

    /// <summary>The n-th answer to an install.</summary>
    public async Task<InstallFinished> AnswerAsync(Guid install, int nth = 1)
    {
        await Workplace.UntilAsync($"answer {nth} to {install}", () => _answers.Count(answer => answer.InstallId == install) >= nth);
        return _answers.Where(answer => answer.InstallId == install).ElementAt(nth - 1);
    }

    /// <summary>All that came so far, repeats included.</summary>
    public IReadOnlyList<InstallFinished> Answers(Guid install) => [.. _answers.Where(answer => answer.InstallId == install)];

    public string Broker => servers.RabbitMqUri;

    public IEnumerable<string> Stages(Guid install) => _progress.Where(news => news.InstallId == install).Select(news => news.Stage);

    internal async Task<JsonElement> LogAsync(Guid install)
    {
        using var client = Client();
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        return JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync($"/v1/installs/{install}/log"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_factory is not null) await _factory.DisposeAsync();
        if (_registry is not null) await _registry.StopAsync();
        Place.Dispose();
    }
}
