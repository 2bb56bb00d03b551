using System.Net.Http.Json;
using System.Text.Json;
using Google.Protobuf;
using Platform.Contracts;
using Platform.Servers;
using Platform.ServiceDefaults;
using RabbitMQ.Client;

namespace Platform.Runner.Tests.Ndc;

/// <summary>Connections whose packaged connector runs all the time, with a real Runner and containers.</summary>
public sealed class AlwaysOnTests(ServersFixture servers, GoConnectors connectors, ContainerEngineFixture engine, NdcPeer peer) : RunnerTest(servers, connectors)
{
    // Less than the minute after which a Runner looks by itself.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    // Whoever is idle ends at the next look.
    private protected override (string, string)[] RunnerSettings => [("Containers__Socket", engine.Socket), ("Services__IdleSeconds", "0"), ("Services__GraceSeconds", "2")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_started_when_it_is_switched_on_stays_while_idle_comes_back_when_it_dies_and_goes_when_it_is_switched_off()
    {
        var (kept, other) = (Add("kept"), Add("other"));
        peers.Registry.AlwaysOn[kept] = "1";
        await ToldAsync("the connector runs", () => Containers(kept).Count == 1);
        var first = Containers(kept).Single();

        // An idle one comes and goes, and calls find the one that is kept.
        Assert.True(await CheckAsync("other"));
        await Wait.ForAsync("the idle one has ended", () => Containers(other).Count == 0, Limit);
        Assert.True(await CheckAsync("kept"));
        Assert.Equal([first], Containers(kept));

        engine.Docker("kill", first);
        await Wait.ForAsync("it has been started again", () => Containers(kept) is [var now] && now != first, Limit);

        peers.Registry.AlwaysOn.TryRemove(kept, out _);
        await ToldAsync("it has ended", () => Containers(kept).Count == 0);
    }

    [Fact]
    public async Task It_is_there_after_the_Runners_start_and_replaced_only_when_what_it_is_started_with_is_another()
    {
        var kept = Add("kept");
        peers.Registry.AlwaysOn[kept] = "1";
        await runner.DisposeAsync();
        runner = await StartAsync(RunnerSettings);
        await Wait.ForAsync("the connector runs", () => Containers(kept).Count == 1, Limit);
        var first = Containers(kept).Single();

        // Its settings alone: a second connection tells that Registry was asked.
        peers.Registry.AlwaysOn[kept] = "2";
        var second = Add("second");
        peers.Registry.AlwaysOn[second] = "1";
        await ToldAsync("another one runs", () => Containers(second).Count == 1);
        Assert.Equal([first], Containers(kept));

        peers.Registry.Connections["kept"].Options = ByteString.CopyFromUtf8("""{"OTHER":"options"}""");
        peers.Registry.AlwaysOn[kept] = "3";
        await ToldAsync("it has been replaced", () => Containers(kept) is [var now] && now != first);
        peers.Registry.AlwaysOn.Clear();
        await ToldAsync("both have ended", () => Containers(kept).Count + Containers(second).Count == 0);
    }

    /// <returns>The id of the connection.</returns>
    private string Add(string connection)
    {
        var folder = Path.Combine(temporary, $"package-{connection}");
        Directory.CreateDirectory(Path.Combine(folder, ".platform"));
        Directory.CreateDirectory(Path.Combine(folder, "connector"));
        File.WriteAllText(Path.Combine(folder, PackageRuntime.Path), JsonSerializer.Serialize(new PackageRuntime(peer.ImageIn(engine), "peer:test", "connector"), PlatformJson.Options));
        peers.Registry.Add(connection, peers.Bundles.Add(folder), "", "{}", "peer");
        peers.Registry.Connections[connection].Start.Protocol = "ndc";
        return peers.Registry.Connections[connection].Connection.Id;
    }

    private IReadOnlyList<string> Containers(string connection) =>
        engine.Docker("ps", "--quiet", "--no-trunc", "--filter", $"label=platform.connection={connection}").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<bool> CheckAsync(string connection)
    {
        using var answer = await runner.Client.PostAsync($"/v1/connections/{connection}/check", null, Cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("passed").GetBoolean();
    }

    // The queue of a replica has no name that is known here: it is told until it has heard.
    private async Task ToldAsync(string what, Func<bool> condition)
    {
        await using var connection = await new ConnectionFactory { Uri = new(Servers.RabbitMqUri) }.CreateConnectionAsync(Cancel);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: Cancel);
        var body = JsonSerializer.SerializeToUtf8Bytes(new ConnectionUpdated(Guid.CreateVersion7(), "any", "peer", ["always_on"]), PlatformJson.Options);
        await Wait.ForAsync(what, async () =>
        {
            await channel.BasicPublishAsync(EventBroker.Exchange, $"{EventTypes.ConnectionUpdated}.peer", body, Cancel);
            return condition();
        }, Limit);
    }
}
