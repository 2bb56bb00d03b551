using System.Net.Http.Headers;
using System.Security.Cryptography;
using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Platform.Gateway.Tokens;
using Platform.Tests.Telemetry;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
[assembly: AssemblyFixture(typeof(Platform.Tests.PlatformFixture))]

namespace Platform.Tests;

/// <summary>The whole platform, once for all system tests: real PostgreSQL, real RabbitMQ, throw-away data.</summary>
public class PlatformFixture : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("cp-test-").FullName;
    private OtlpReceiver? collector;
    private DistributedApplication? app;

    /// <summary>Where tests put sources that may be installed; below a root that is allowed.</summary>
    public string Sources => Directory.CreateDirectory(Path.Combine(folder, "sources")).FullName;

    /// <summary>Where nobody listens, and the platform may send to.</summary>
    internal const string DeadTarget = "127.77.77.77";

    /// <summary>Where tests listen, and the platform may send to.</summary>
    internal const string LiveTarget = "127.77.77.78";

    public DistributedApplication App => app ?? throw new InvalidOperationException("The platform has not started.");

    internal OtlpReceiver Collector => collector ?? throw new InvalidOperationException("The platform has not started.");

    internal string Token { get; } = TokenText.Create();

    /// <summary>Through the gateway, as the bootstrap admin.</summary>
    internal ApiClient Api { get; private set; } = null!;

    public Uri GatewayUrl => App.GetEndpoint("gateway", "http");

    public async ValueTask InitializeAsync()
    {
        Repository.Require("git", "git");
        collector = await OtlpReceiver.StartAsync();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(
        [
            $"--Parameters:gateway-token={Token}",
            "--Platform:Persistent=false",
            $"--Platform:DataDirectory={Path.Combine(folder, "data")}",
            $"--Local:Roots:0={Repository.Root}",
            $"--Local:Roots:1={Sources}",
            $"--Connectors:ReadablePaths:0={Sources}",
            $"--Outbound:Allow:0={DeadTarget}",
            $"--Outbound:Allow:1={LiveTarget}",
            $"--ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL={collector.Url}",
            .. Settings,
        ]);
        app = await builder.BuildAsync().WaitAsync(Limits.Start);
        await app.StartAsync().WaitAsync(Limits.Start);
        foreach (var service in Services)
            await app.ResourceNotifications.WaitForResourceHealthyAsync(service).WaitAsync(Limits.Start);

        var client = app.CreateHttpClient("gateway", "http");
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        Api = new ApiClient(client);
    }

    /// <summary>Of the AppHost, besides those of every test.</summary>
    protected virtual IEnumerable<string> Settings => [];

    internal static readonly string[] Services = ["registry", "installer", "runner", "ingest", "gateway"];

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (app is not null)
        {
            await app.StopAsync().WaitAsync(Limits.Stop);
            await app.DisposeAsync();
        }

        if (collector is not null)
            await collector.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
