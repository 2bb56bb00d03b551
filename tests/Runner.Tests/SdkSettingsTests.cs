using System.Net;
using System.Net.Sockets;

namespace Platform.Runner.Tests;

/// <summary>The SDK's connector listens on its socket and nowhere else.</summary>
public sealed class SdkSettingsTests : IAsyncLifetime
{
    private readonly DirectoryInfo bundle = Directory.CreateTempSubdirectory("sdk-settings-");
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await bench.DisposeAsync();
        bundle.Delete(recursive: true);
    }

    [Fact]
    public async Task Settings_that_lie_beside_a_connector_make_it_listen_nowhere_else()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        foreach (var file in Directory.EnumerateFiles(SampleConnectors.Folder, "*", SearchOption.TopDirectoryOnly))
            File.Copy(file, Path.Combine(bundle.FullName, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(bundle.FullName, "appsettings.json"), $$"""{"Kestrel": {"Endpoints": {"http": {"Url": "http://{{taken.LocalEndpoint}}"} } } }""");

        var end = await bench.SyncAsync("""{"pages": 1, "objects": 5}""", bundle.FullName, SampleConnectors.Command);

        Assert.Equal([""], end.CompleteStreams);
        Assert.Equal(5, bench.Peers.Ingest.Ids.Distinct().Count());
    }
}
