using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Platform.Runner.Checks;
using Platform.Runner.Packages.Check;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc.Check;

/// <summary>What the route of the check answers where there is nothing to check.</summary>
public sealed class CheckImageTests(ContainerEngineFixture engine) : IAsyncLifetime
{
    private const string Secret = "the-internal-secret";
    private readonly string root = Directory.CreateTempSubdirectory("ci-").FullName;
    private WebApplication? app;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task What_can_not_be_checked_is_a_problem()
    {
        await StartAsync(engine.Socket);

        Assert.Equal((404, "image_missing"), await CheckAsync(new { image = "no-such-image:1" }));
        Assert.Equal((404, "image_missing"), await CheckAsync(new { image = "NO REFERENCE" }));
        Assert.Equal((422, "image_required"), await CheckAsync(new { configuration = root }));
        Assert.Equal((403, "local_not_allowed"), await CheckAsync(new { image = "a", configuration = "/etc" }));
        Assert.Equal((403, "local_not_allowed"), await CheckAsync(new { image = "a", configuration = "folder" }));
        Assert.Equal((422, "local_not_found"), await CheckAsync(new { image = "a", configuration = Path.Combine(root, "none") }));
        Directory.CreateSymbolicLink(Path.Combine(root, "out"), "/etc");
        Assert.Equal((403, "local_not_allowed"), await CheckAsync(new { image = "a", configuration = Path.Combine(root, "out") }));
        Assert.Equal((403, "insufficient_scope"), await CheckAsync(new { image = "a" }, "connectors:read"));
    }

    [Fact]
    public async Task Without_an_engine_it_says_so()
    {
        await StartAsync(Path.Combine(root, "no.sock"));

        Assert.Equal((503, "container_engine_unavailable"), await CheckAsync(new { image = "a" }));
    }

    private async Task StartAsync(string socket)
    {
        // Not where the Runner's own settings lie, which name its ports.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Configuration.AddInMemoryCollection([new("Internal:Secret", Secret), new("Containers:Socket", socket), new("Local:Roots:0", root)]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.Logging.ClearProviders();
        builder.Services.AddContainerEngine();
        builder.Services.AddOptions<ConnectorSettings>();
        builder.Services.AddOptions<CheckSettings>();
        builder.Services.AddImageCheck();
        app = builder.Build();
        app.UseServiceDefaults();
        app.MapImageCheck();
        await app.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task<(int Status, string? Code)> CheckAsync(object body, string scope = "connectors:install")
    {
        using var client = new HttpClient { BaseAddress = new Uri(app!.Urls.First()), DefaultRequestHeaders = { { InternalSecret.Header, Secret }, { Scopes.Header, scope } } };
        using var response = await client.PostAsJsonAsync("/v1/images/check", body, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("code").GetString());
    }
}
