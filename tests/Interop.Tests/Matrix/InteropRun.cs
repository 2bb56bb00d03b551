using Platform.Interop.Tests.Client;
using Platform.Interop.Tests.Server;

namespace Platform.Interop.Tests.Matrix;

/// <summary>All pairs with our side in them, measured once, when the first test asks.</summary>
public sealed class InteropRun : IAsyncLifetime
{
    private static readonly TimeSpan RunTimeout = TimeSpan.FromMinutes(5);

    private readonly string sockets = Directory.CreateTempSubdirectory("interop-").FullName;
    private readonly Lazy<Task<IReadOnlyList<PairResult>>> measuring;

    public InteropRun() => measuring = new(MeasureAsync);

    /// <summary>The peers that this machine can build, and why it cannot build others.</summary>
    internal Dictionary<string, string> Missing { get; } = [];

    internal Dictionary<string, PeerProgram> Programs { get; } = [];

    internal Task<IReadOnlyList<PairResult>> ResultsAsync => measuring.Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(sockets, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<IReadOnlyList<PairResult>> MeasureAsync()
    {
        using var patience = new CancellationTokenSource(RunTimeout);
        await using var ours = await OurServer.StartAsync(SocketOf(PeerLimits.Ours));
        var results = new List<PairResult>();
        foreach (var transport in Transports.All)
            results.Add(new(PeerLimits.Ours, PeerLimits.Ours, transport, await OurClient.RunAsync(Transports.Target(ours, transport), [], patience.Token)));

        foreach (var ofPeer in await Task.WhenAll(Peer.All.Select(peer => MeasureAsync(peer, ours, patience.Token))))
            results.AddRange(ofPeer);

        return results;
    }

    private async Task<List<PairResult>> MeasureAsync(Peer peer, OurServer ours, CancellationToken cancellationToken)
    {
        PeerProgram program;
        try
        {
            program = await PeerProgram.BuildAsync(peer);
            lock (Programs)
                Programs.Add(peer.Name, program);
        }
        catch (MissingToolException exception)
        {
            lock (Programs)
                Missing.Add(peer.Name, exception.Message);

            return [];
        }

        await using var server = await PeerServer.StartAsync(program, SocketOf(peer.Name));
        var results = new List<PairResult>();
        foreach (var transport in Transports.All)
        {
            results.Add(new(PeerLimits.Ours, peer.Name, transport, await OurClient.RunAsync(Transports.Target(server, transport), peer.ServerLimits, cancellationToken)));
            results.Add(new(peer.Name, PeerLimits.Ours, transport, await PeerClient.RunAsync(program, Transports.Target(ours, transport), cancellationToken)));
        }

        return results;
    }

    private string SocketOf(string name) => Path.Combine(sockets, name);
}

internal static class Transports
{
    public const string Tcp = "tcp";
    public const string Unix = "unix";

    public static readonly string[] All = [Tcp, Unix];

    public static string Target(IInteropServer server, string transport) => transport == Tcp ? server.Tcp : server.Unix;
}
