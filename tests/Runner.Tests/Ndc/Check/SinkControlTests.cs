using System.Net;
using Microsoft.Extensions.Options;
using Platform.Runner.Packages.Check;
using Platform.Runner.Packages.Check.Traces;
using Platform.Runner.Processes;
using Platform.Servers;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests.Ndc.Check;

/// <summary>A sink that containers don't reach is known as such, and is no fault of an image.</summary>
[Collection("packages")]
public sealed class SinkControlTests(ContainerEngineFixture fixture, CheckedConnector connector)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_tells_whether_it_reaches_the_sink()
    {
        using var engine = new ContainerEngine(Options.Create(new ContainerSettings { Socket = fixture.Socket }));
        using var configurations = new ConfigurationCopies(null);
        var id = connector.ImageIn(fixture, null);
        var inspected = await engine.AskAsync(client => client.Images.InspectImageAsync(id, Cancel));
        var image = new CheckedImage(engine, inspected, id, configurations, LaunchLimits.Of(new()), new());
        await engine.EnsureNetworkAsync(Cancel);
        var gateway = IPAddress.Parse(fixture.Docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", ContainerEngine.Network));
        var sink = await TraceSink.ListenAsync(gateway, isGrpc: false, Cancel);

        Assert.Null(await SinkControl.RunAsync(image, sink.Address, Cancel));

        await sink.DisposeAsync();
        Assert.Contains($"can't connect to {sink.Address.Authority}", await SinkControl.RunAsync(image, sink.Address, Cancel), StringComparison.Ordinal);
        Assert.Equal("", fixture.Docker("ps", "--all", "--quiet", "--filter", $"label={CheckedImage.Label}"));
    }
}
