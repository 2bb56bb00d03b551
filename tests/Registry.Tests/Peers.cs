using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Platform.Installer.V1;
using Platform.Runner.V1;

namespace Platform.Registry.Tests;

/// <summary>Runner and Installer as far as Registry calls them, in this process on a loopback port. The real ones are met in the system tests.</summary>
internal sealed class Peers : IAsyncDisposable
{
    private readonly WebApplication app;

    private Peers(int port, RunnerPeer runner, StorePeer store)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(Runner = runner).AddSingleton(Store = store);
        app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<RunnerPeer>();
        app.MapGrpcService<StorePeer>();
    }

    public RunnerPeer Runner { get; }

    public StorePeer Store { get; }

    public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>For Registry: where both are.</summary>
    public (string, string)[] Settings => SettingsFor(Address);

    public static (string, string)[] SettingsFor(string address) => [("services:runner:grpc:0", address), ("services:installer:grpc:0", address)];

    /// <param name="port">0: any.</param>
    public static async Task<Peers> StartAsync(int port = 0)
    {
        var peers = new Peers(port, new(), new());
        await peers.app.StartAsync();
        return peers;
    }

    /// <summary>As the services' interceptor sends it.</summary>
    public static RpcException Problem(StatusCode status, int http, string code, string detail, string? remedy = null) => new(
        new Status(status, code),
        new Metadata { { "problem-bin", JsonSerializer.SerializeToUtf8Bytes(new { code, status = http, title = code, detail, remedy }) } });

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
    }
}

internal sealed class RunnerPeer : Runner.V1.Runner.RunnerBase
{
    private int checking;
    private int asked;

    /// <summary>How often it was asked for bundles in use.</summary>
    public int Asked => Volatile.Read(ref asked);

    /// <summary>What becomes of a connector's checks; one that is not named answers at once.</summary>
    public ConcurrentDictionary<string, Func<CancellationToken, Task>> Checks { get; } = [];

    /// <summary>What a connector says of itself, as JSON; one that is not named says nothing.</summary>
    public ConcurrentDictionary<string, string> Specifications { get; } = [];

    public ConcurrentQueue<DescribeRequest> Described { get; } = [];

    /// <summary>Bundles of runs that have not ended.</summary>
    public ConcurrentDictionary<string, bool> Used { get; } = [];

    /// <summary>How many are being checked at this moment.</summary>
    public int Checking => Volatile.Read(ref checking);

    public override async Task<DescribeReply> Describe(DescribeRequest request, ServerCallContext context)
    {
        Described.Enqueue(request);
        Interlocked.Increment(ref checking);
        try
        {
            if (Checks.TryGetValue(request.Connector, out var check)) await check(context.CancellationToken);
            return Specifications.TryGetValue(request.Connector, out var said)
                ? new() { Isolation = "none", Protocol = "platform", Specification = ByteString.CopyFromUtf8(said) }
                : new() { Isolation = "none", Protocol = "c1" };
        }
        finally
        {
            Interlocked.Decrement(ref checking);
        }
    }

    public override Task<BundlesInUseReply> BundlesInUse(BundlesInUseRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref asked);
        return Task.FromResult(new BundlesInUseReply { Digests = { request.Digests.Where(Used.ContainsKey) } });
    }
}

internal sealed class StorePeer : Bundles.BundlesBase
{
    public ConcurrentQueue<string> Removed { get; } = [];

    /// <summary>Holds a removal up, or refuses it by throwing.</summary>
    public Func<string, Task> OnRemove { get; set; } = _ => Task.CompletedTask;

    public override async Task<RemoveReply> Remove(RemoveRequest request, ServerCallContext context)
    {
        await OnRemove(request.Digest);
        Removed.Enqueue(request.Digest);
        return new() { Removed = true };
    }
}
