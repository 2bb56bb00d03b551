using System.Collections.Concurrent;
using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Platform.Ingest.V1;
using Platform.Installer.V1;
using Platform.Objects.V1;
using Platform.Registry.V1;

namespace Platform.Runner.Tests;

/// <summary>The services that Runner calls, as far as it sees them, in this process on a loopback port. The real ones are met in the system tests.</summary>
public sealed class Peers : IAsyncDisposable
{
    private const int MaxMessageBytes = 100 << 20;
    private readonly WebApplication app;

    private Peers()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.WebHost.ConfigureKestrel(k => k.Limits.MaxRequestBodySize = null);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(o => o.MaxReceiveMessageSize = MaxMessageBytes);
        builder.Services.AddSingleton(Ingest).AddSingleton(Registry).AddSingleton(Bundles);
        app = builder.Build();
        app.UseRouting();
        app.MapGrpcService<IngestPeer>();
        app.MapGrpcService<RegistryPeer>();
        app.MapGrpcService<BundlesPeer>();
    }

    public IngestPeer Ingest { get; } = new();

    public RegistryPeer Registry { get; } = new();

    public BundlesPeer Bundles { get; } = new();

    public string Address => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<Peers> StartAsync()
    {
        var peers = new Peers();
        await peers.app.StartAsync();
        return peers;
    }

    public GrpcChannel Channel() => GrpcChannel.ForAddress(Address, new() { MaxReceiveMessageSize = null, MaxSendMessageSize = null });

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(true));
        await app.DisposeAsync();
    }
}

public sealed class IngestPeer : Platform.Ingest.V1.Ingest.IngestBase
{
    public ConcurrentQueue<ObjectPage> Pages { get; } = [];

    public ConcurrentDictionary<string, RunOutcome> Outcomes { get; } = [];

    public ConcurrentQueue<CloseRequest> Closes { get; } = [];

    /// <summary>Refuses pages by throwing.</summary>
    public Action<Page> OnPage { get; set; } = _ => { };

    /// <summary>Pages whose acks wait for a later page's, as in a transaction of several; one that asks for its answer at once ends the wait.</summary>
    public Func<Page, bool> Holds { get; set; } = _ => false;

    /// <summary>Ends the call, after the ack of this page.</summary>
    public Func<Page, bool> Ends { get; set; } = _ => false;

    public Action<CloseRequest> OnClose { get; set; } = _ => { };

    /// <summary>What runs are warned of when they are closed.</summary>
    public ConcurrentQueue<RunWarning> Warnings { get; } = [];

    /// <summary>Objects that a sweep deletes once it is confirmed.</summary>
    public const int HeldBack = 120;

    /// <summary>Refuses sweeps by throwing.</summary>
    public Action<SweepRequest> OnSweep { get; set; } = _ => { };

    public ConcurrentQueue<Open> Opens { get; } = [];

    /// <summary>Every page as it came, those without objects too.</summary>
    public ConcurrentQueue<Page> Messages { get; } = [];

    /// <summary>What Opened tells.</summary>
    public ConcurrentDictionary<string, ByteString> States { get; } = [];

    /// <summary>The streams whose state Opened tells as continuable.</summary>
    public ConcurrentBag<string> Continuable { get; } = [];

    public IReadOnlyList<string> Ids => [.. Pages.SelectMany(p => p.Objects).Select(o => o.RemoteId.ToStringUtf8())];

    public override async Task Load(IAsyncStreamReader<LoadMessage> requests, IServerStreamWriter<LoadReply> replies, ServerCallContext context)
    {
        List<LoadReply> held = [];
        while (await requests.MoveNext(context.CancellationToken))
        {
            if (requests.Current.Open is { } open)
            {
                Opens.Enqueue(open);
                var states = States.Select(s => new StreamState { Stream = s.Key, State = s.Value, Continuable = Continuable.Contains(s.Key) });
                await replies.WriteAsync(new LoadReply { Opened = new Opened { States = { states } } });
                continue;
            }

            var page = requests.Current.Page;
            OnPage(page);
            Messages.Enqueue(page);
            var objects = ObjectPage.Parser.ParseFrom(page.Objects);
            if (objects.Objects.Count > 0)
                Pages.Enqueue(objects);
            var counts = new Counts { Received = objects.Objects.Count, Inserted = objects.Objects.Count };
            held.Add(new LoadReply { Ack = new Ack { Sequence = page.Sequence, Counts = counts } });
            if (Holds(page) && !page.Flush)
                continue;
            foreach (var reply in held)
                await replies.WriteAsync(reply);
            held.Clear();
            if (Ends(page))
                return;
        }
    }

    public override Task<RunOutcome> Close(CloseRequest request, ServerCallContext context)
    {
        OnClose(request);
        Closes.Enqueue(request);
        return Task.FromResult(Outcomes.GetOrAdd(request.Run.RunId, _ => new RunOutcome
        {
            Outcome = request.Outcome,
            Error = request.Error,
            Result = request.Result,
            CompleteStreams = { request.CompleteStreams },
            Counts = new Counts { Received = Pages.Sum(p => p.Objects.Count), Inserted = Pages.Sum(p => p.Objects.Count) },
            Warnings = { Warnings },
            ClosedAt = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
        }));
    }

    /// <summary>Like Ingest: what was swept stays swept, whoever asks again.</summary>
    public override Task<RunOutcome> Sweep(SweepRequest request, ServerCallContext context)
    {
        OnSweep(request);
        if (!Outcomes.TryGetValue(request.RunId, out var outcome))
            throw PeerProblem.Of(StatusCode.NotFound, "unknown_run", 404);
        if (outcome.Warnings.Count == 0 && outcome.Counts.Swept == 0)
            throw PeerProblem.Of(StatusCode.FailedPrecondition, "nothing_to_sweep", 409);
        var swept = outcome.Clone();
        swept.Counts.Swept = HeldBack;
        swept.Warnings.Clear();
        return Task.FromResult(Outcomes[request.RunId] = swept);
    }

    public override Task<GetOutcomeReply> GetOutcome(GetOutcomeRequest request, ServerCallContext context) =>
        Task.FromResult(Outcomes.TryGetValue(request.RunId, out var outcome) ? new GetOutcomeReply { Outcome = outcome } : new());
}

public sealed class RegistryPeer : Platform.Registry.V1.Registry.RegistryBase
{
    public ConcurrentDictionary<string, RunSpecification> Connections { get; } = [];

    public void Add(string connection, string digest, string command, string options, string connector = "crash-go", bool autoMtls = false) =>
        Connections[connection] = new RunSpecification
        {
            Connection = new Connection { Id = Guid.CreateVersion7().ToString(), Name = connection, Connector = connector },
            Version = 1,
            Start = new() { Digest = digest, Protocol = "c1", Command = command, AutoMtls = autoMtls, Limits = new() },
            Options = ByteString.CopyFromUtf8(options),
        };

    /// <summary>Connections, by id, whose connector is to run all the time, and the state of each.</summary>
    public ConcurrentDictionary<string, string> AlwaysOn { get; } = [];

    public override Task<ListAlwaysOnReply> ListAlwaysOn(ListAlwaysOnRequest request, ServerCallContext context) =>
        Task.FromResult(new ListAlwaysOnReply { Connections = { AlwaysOn.Select(c => new AlwaysOnConnection { Id = c.Key, State = c.Value }) } });

    /// <summary>Refuses by throwing.</summary>
    public Action OnResolve { get; set; } = () => { };

    public override Task<Connection> ResolveConnection(ResolveConnectionRequest request, ServerCallContext context)
    {
        OnResolve();
        return Task.FromResult(Find(s => request.HasId ? s.Connection.Id == request.Id : s.Connection.Name == request.Name).Connection);
    }

    public override Task<RunSpecification> PrepareRun(PrepareRunRequest request, ServerCallContext context)
    {
        if (request.HasConnectionName)
            OnResolve();
        return Task.FromResult(Find(s => request.HasConnectionName ? s.Connection.Name == request.ConnectionName : s.Connection.Id == request.ConnectionId));
    }

    private RunSpecification Find(Func<RunSpecification, bool> wanted) =>
        Connections.Values.FirstOrDefault(wanted) ?? throw PeerProblem.Of(StatusCode.NotFound, "unknown_connection", 404);
}

internal static class PeerProblem
{
    /// <summary>As the services' interceptor sends it.</summary>
    public static RpcException Of(StatusCode status, string code, int http) => new(
        new Status(status, code),
        new Metadata { { "problem-bin", Encoding.UTF8.GetBytes($$"""{"code":"{{code}}","status":{{http}},"title":"{{code}}","detail":"{{code}}"}""") } });
}

public sealed class BundlesPeer : Platform.Installer.V1.Bundles.BundlesBase
{
    private const int ChunkBytes = 256 * 1024;

    public ConcurrentDictionary<string, byte[]> Archives { get; } = [];

    public int Downloads;

    public ConcurrentQueue<DownloadRequest> Requests { get; } = [];

    /// <summary>Bytes that all downloads together have sent.</summary>
    public long Sent;

    /// <summary>Cuts downloads by throwing, with an IOException under the connection too; gets the offset of the next chunk.</summary>
    public Action<long> OnChunk { get; set; } = _ => { };

    /// <returns>The digest.</returns>
    public string Add(string folder)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, TarEntryFormat.Gnu, leaveOpen: true))
        {
            foreach (var path in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                tar.WriteEntry(new GnuTarEntry(TarEntryType.Directory, Path.GetRelativePath(folder, path) + "/") { Mode = File.GetUnixFileMode(path), ModificationTime = DateTimeOffset.UnixEpoch });
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                using var content = File.OpenRead(path);
                tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(folder, path))
                {
                    Mode = File.GetUnixFileMode(path),
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    DataStream = content,
                });
            }
        }

        return Add(memory.ToArray());
    }

    public string Add(byte[] archive)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(archive));
        Archives[digest] = archive;
        return digest;
    }

    public override async Task Download(DownloadRequest request, IServerStreamWriter<DownloadChunk> chunks, ServerCallContext context)
    {
        Interlocked.Increment(ref Downloads);
        Requests.Enqueue(request);
        if (!Archives.TryGetValue(request.Digest, out var archive))
            throw new RpcException(new Status(StatusCode.NotFound, "unknown bundle"));
        for (var offset = (int)request.Offset; offset < archive.Length; offset += ChunkBytes)
        {
            try
            {
                OnChunk(offset);
            }
            catch (IOException)
            {
                context.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
                throw;
            }

            var length = Math.Min(ChunkBytes, archive.Length - offset);
            Interlocked.Add(ref Sent, length);
            await chunks.WriteAsync(new DownloadChunk
            {
                Data = ByteString.CopyFrom(archive, offset, length),
                TotalBytes = offset == request.Offset ? archive.Length : 0,
            });
        }
    }
}
