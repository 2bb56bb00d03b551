using System.Text.Json;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>Tests with a connection <c>c</c> of the connector in tests/Samples/ActingConnector.</summary>
public abstract class ActingTest(ServersFixture servers, GoConnectors connectors) : ActionTest(servers, connectors)
{
    private protected ActionPeer Peer { get; private set; } = null!;

    private protected virtual string Options => $$"""{"peer": "{{Peer.Address}}"}""";

    private protected virtual (string, string)[] Settings => [];

    public override async ValueTask InitializeAsync()
    {
        Peer = await ActionPeer.StartAsync();
        await base.InitializeAsync();
        if (Settings.Length > 0)
        {
            await runner.DisposeAsync();
            runner = await StartAsync(Settings);
        }

        peers.Registry.Add("c", peers.Bundles.Add(SampleConnectors.Acting), "./acting-connector", Options, "acting-connector");
        var start = peers.Registry.Connections["c"].Start;
        start.Protocol = "platform";
        peers.Registry.Connections["c"].Specification = (await runner.Grpc.DescribeAsync(new() { Connector = "acting-connector", Start = start })).Specification;
    }

    public override async ValueTask DisposeAsync()
    {
        await Peer.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Invokes it and waits for this outcome.</summary>
    private protected async Task<JsonElement> EndAsync(string action, string arguments, string outcome, string more = "")
    {
        var (_, record, _) = await InvokeAsync(runner, action, $$"""{"arguments": {{arguments}}, "wait_seconds": 50{{more}}}""");
        Assert.True(record.TryGetProperty("outcome", out var ended) && ended.GetString() == outcome, record.ToString());
        return record;
    }
}
