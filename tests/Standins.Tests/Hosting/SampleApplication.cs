using Aspire.Hosting;
using Aspire.Hosting.Testing;

namespace Platform.Standins.Tests.Hosting;

/// <summary>tests/Samples/SampleAppHost, started once through the testing builder.</summary>
public sealed class SampleApplication : IAsyncLifetime
{
    private DistributedApplication? app;

    public DistributedApplication App => app ?? throw new InvalidOperationException("The sample has not started.");

    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.SampleAppHost>(["--Parameters:given=hush"]);
        app = await builder.BuildAsync();
        await app.StartAsync();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("second").WaitAsync(Until.Started);
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
            await app.DisposeAsync();
    }
}
