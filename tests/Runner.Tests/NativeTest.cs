using Platform.Runner.Drivers;

namespace Platform.Runner.Tests;

/// <summary>The driver with connectors of the platform's own protocol. The bench checks that nothing is left of them.</summary>
public abstract class NativeTest(ScriptedConnectors scripted) : IAsyncLifetime
{
    private protected DriverBench bench = null!;

    private protected ScriptedConnectors Scripted => scripted;

    public async ValueTask InitializeAsync()
    {
        bench = await DriverBench.StartAsync();
        bench.Protocol = "platform";
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await bench.DisposeAsync();
    }

    /// <param name="messages">SyncMessages as JSON, separated by commas.</param>
    /// <param name="more">Members of the script besides them, each followed by a comma.</param>
    private protected static string Script(string messages, string more = "") => $$"""{ {{more}} "messages": [{{messages}}] }""";

    private protected Task<SyncEnd> SyncAsync(
        string script, bool fromStart = false, string[]? streams = null, CancellationTokenSource? stop = null, Dictionary<string, string?>? settings = null) =>
        bench.SyncAsync(script, scripted.Folder, ScriptedConnectors.Command, settings, stop, fromStart: fromStart, streams: streams);

    private protected async Task<RunFault> FaultAsync(string script, string[]? streams = null, Dictionary<string, string?>? settings = null) =>
        (await Assert.ThrowsAsync<RunFaultException>(() => SyncAsync(script, streams: streams, settings: settings))).Fault;

}
