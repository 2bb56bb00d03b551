using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Platform.Protocols.C1;
using Platform.Runner;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.GoPlugin;
using Platform.Runner.Processes;

namespace Platform.Benchmarks.Syncs;

/// <summary>
/// A protocol that streams, as small as it can be: the generator's own service (Go/generator/stream.go) answers one call with all its pages, and none
/// waits for the one before. The connector's start and end, isolation and the load are the Runner's.
/// </summary>
internal sealed class StreamDriver(ProcessLauncher launcher, Isolation isolation, RunFolders folders, IOptions<ConnectorSettings> options) : IConnectorDriver
{
    private static readonly int[] Versions = [1];
    private static readonly KeyValuePair<string, string> Cookie = new("BASIC_PLUGIN", "hello");

    private static readonly Method<SyncRequest, ReceivedPage> Stream = new(
        MethodType.ServerStreaming, "bench.Generator", "Stream",
        Marshallers.Create(request => request.ToByteArray(), SyncRequest.Parser.ParseFrom), ReceivedPage.Marshaller);

    public async Task<ConnectorDescription> DescribeAsync(ConnectorLaunch launch, CancellationToken cancel)
    {
        using var folder = folders.Create();
        await using var plugin = await StartAsync(folder, launch, cancel);
        return new(plugin.Isolation, "stream");
    }

    public async Task<SyncEnd> SyncAsync(SyncWork work, CancellationToken cancel)
    {
        using var folder = folders.Create();
        await using var plugin = await StartAsync(folder, work.Launch, cancel);
        work.OnStarted(plugin.Isolation);
        var pages = await work.OpenPages(true);
        using var call = plugin.Invoker.AsyncServerStreamingCall(Stream, null, new(cancellationToken: cancel), new() { Options = work.Options });
        while (await call.ResponseStream.MoveNext(cancel))
        {
            var page = call.ResponseStream.Current;
            await pages.SendAsync("", page.Bytes, cancel: cancel);
            page.Release();
        }

        await pages.SealAsync();
        return pages.Refused.IsCompleted ? throw await pages.Refused : new("", [""]);
    }

    public Task<IReadOnlyList<CheckResult>> CheckAsync(ConnectorLaunch launch, string options, CancellationToken cancel) => throw new NotSupportedException();

    public Task<ConnectorListener> ListenAsync(ListenWork work, CancellationToken cancel) => throw new NotSupportedException("The benchmark only syncs.");

    public Task<ActionAnswer> InvokeAsync(ActionWork work, CancellationToken cancel) => throw new NotSupportedException();

    private Task<PluginHost> StartAsync(RunFolder folder, ConnectorLaunch launch, CancellationToken cancel) =>
        PluginHost.StartAsync(launcher, isolation, folder, launch, TimeSpan.FromSeconds(options.Value.GraceSeconds), options.Value.MaxMessageBytes, Versions, Cookie, cancel);
}
