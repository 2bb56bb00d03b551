using System.Diagnostics;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Protocols.GoPlugin;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.GoPlugin;

/// <summary>A connected go-plugin process, from its start to its end. Disposing ends it as the protocol says, then by force.</summary>
internal sealed class PluginHost : IAsyncDisposable
{
    private static readonly TimeSpan LastWordsLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShutdownDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PingDeadline = TimeSpan.FromSeconds(10);

    private readonly ConnectorProcess process;
    private readonly GrpcChannel channel;
    private readonly TimeSpan fullGrace;
    private readonly Task<StdioEnd> stdio;
    private readonly CancellationTokenSource ended = new();
    private long endingSince;

    private PluginHost(ConnectorProcess process, GrpcChannel channel, MutualTls? tls, int version, ConnectorLaunch launch, TimeSpan grace)
    {
        (this.process, this.channel, Tls, Version, fullGrace) = (process, channel, tls, version, grace);
        Invoker = channel.CreateCallInvoker();
        // In this order, before any work: the broker's stream, then the standard streams.
        Broker = new(new GRPCBroker.GRPCBrokerClient(Invoker));
        stdio = PluginStdio.DrainAsync(new GRPCStdio.GRPCStdioClient(Invoker), launch.Output, ended.Token);
    }

    public CallInvoker Invoker { get; }

    public BrokerStream Broker { get; }

    /// <summary>What callbacks have to be served with; null without AutoMTLS.</summary>
    public MutualTls? Tls { get; }

    /// <summary>The plugin has no stdio service, so nobody reads what its code prints once it serves.</summary>
    public bool WithoutStdio => stdio is { IsCompletedSuccessfully: true, Result: StdioEnd.Unimplemented };

    /// <summary>Of the app protocol, as agreed on.</summary>
    public int Version { get; }

    public string Isolation => process.Isolation;

    /// <summary>Ends with the connector's process; never fails.</summary>
    public Task Exited => process.Exited;

    /// <param name="grace">Between being told to end and being killed.</param>
    /// <param name="maxMessageBytes">Of the largest answer that is taken.</param>
    /// <param name="versions">App protocol versions that the caller can talk.</param>
    /// <param name="cookie">Name and value of the variable by which a plugin knows that a host started it.</param>
    public static async Task<PluginHost> StartAsync(
        ProcessLauncher launcher, Isolation isolation, RunFolder folder, ConnectorLaunch launch, TimeSpan grace,
        int maxMessageBytes, IReadOnlyCollection<int> versions, KeyValuePair<string, string> cookie, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity("connector start");
        activity?.SetTag("platform.connector", launch.Connector);
        var variables = new Dictionary<string, string>
        {
            [cookie.Key] = cookie.Value,
            ["PLUGIN_PROTOCOL_VERSIONS"] = string.Join(',', versions),
            ["PLUGIN_MIN_PORT"] = "10000",
            ["PLUGIN_MAX_PORT"] = "25000",
            ["PLUGIN_UNIX_SOCKET_DIR"] = folder.Path,
        };
        var tls = launch.AutoMtls ? new MutualTls() : null;
        if (tls is not null)
            variables[MutualTls.ClientCertificateVariable] = tls.CertificatePem;
        var handshake = new TaskCompletionSource<Handshake>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = await ConnectorProcess.StartAsync(
            launcher, isolation, launch, folder, variables, LineReader.MaxLineBytes, OnOutput, launch.Output.Add);
        launch.OnIsolated(process.Isolation);
        try
        {
            var agreed = await HandshakeAsync(process, handshake.Task, launch.Limits, cancel);
            if (tls is not null)
                PluginChannel.Trust(tls, agreed);
            var host = new PluginHost(process, PluginChannel.Open(agreed, tls, maxMessageBytes), tls, agreed.Version, launch, grace);
            try
            {
                await host.PingAsync(agreed, cancel);
                return host;
            }
            catch
            {
                await host.DisposeAsync();
                throw;
            }
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            await process.DisposeAsync();
            tls?.Dispose();
            throw;
        }

        void OnOutput(string line, bool cut)
        {
            if (handshake.Task.IsCompleted)
            {
                launch.Output.AddPrinted(line, cut);
                return;
            }

            try
            {
                handshake.SetResult(Handshake.Parse(line, cut || line.Length > Handshake.MaxLineBytes, versions));
            }
            catch (RunFaultException e)
            {
                handshake.SetException(e);
            }
        }
    }

    /// <summary>Why the process is gone, if it is or goes within a second; a broken connection is often seen first.</summary>
    public async Task<RunFaultException?> ExitFaultAsync()
    {
        if (!await process.WaitForExitAsync(LastWordsLimit))
            return null;
        await process.DrainAsync();
        return ExitFault(process);
    }

    /// <summary>The connector's grace counts from the first call on: it has been told to end.</summary>
    public void BeginEnd()
    {
        if (endingSince == 0)
            endingSince = Stopwatch.GetTimestamp();
    }

    /// <summary>Closes the broker, asks the plugin to shut down, gives it its grace and kills what is left. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        BeginEnd();
        Broker.Dispose();
        if (!process.Exited.IsCompleted)
        {
            try
            {
                // It stops its server at once, so the call hardly ever ends well.
                await new GRPCController.GRPCControllerClient(Invoker).ShutdownAsync(new(), deadline: DateTime.UtcNow + Min(ShutdownDeadline, Grace));
            }
            catch (RpcException)
            {
                // As expected.
            }
        }

        await process.WaitForExitAsync(Grace);
        await process.DisposeAsync();
        await ended.CancelAsync();
        await stdio;
        channel.Dispose();
        Tls?.Dispose();
    }

    private TimeSpan Grace => fullGrace - Stopwatch.GetElapsedTime(endingSince) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static async Task<Handshake> HandshakeAsync(
        ConnectorProcess process, Task<Handshake> handshake, LaunchLimits limits, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limits.Start);
        await Task.WhenAny(handshake, process.Exited, Task.Delay(Timeout.Infinite, timeout.Token));
        cancel.ThrowIfCancellationRequested();
        if (process.Exited.IsCompleted)
        {
            await process.DrainAsync();
            // A wrong line says more than the exit that followed it.
            if (!handshake.IsFaulted)
                throw ExitFault(process);
        }

        return handshake.IsCompleted ? await handshake : throw Faults.HandshakeTimeout(limits.Start);
    }

    private static RunFaultException ExitFault(ConnectorProcess process) => process.Excess ?? Faults.ConnectorExited(process.ExitCode);

    private async Task PingAsync(Handshake handshake, CancellationToken cancel)
    {
        try
        {
            await PluginHealth.CheckAsync(Invoker, DateTime.UtcNow + PingDeadline, cancel);
        }
        catch (RpcException e) when (!cancel.IsCancellationRequested)
        {
            if (Tls is { MetAnother: true })
                throw Faults.MtlsWrongCertificate();
            if (await ExitFaultAsync() is { } exit)
                throw exit;
            throw Tls is not null && e.StatusCode is StatusCode.Unavailable or StatusCode.Internal or StatusCode.DeadlineExceeded
                ? Faults.MtlsFailed(handshake.Network, handshake.Address)
                : Faults.HandshakeFailed(
                    $"it does not answer at {handshake.Network} {handshake.Address}; a socket has to be in the folder that PLUGIN_UNIX_SOCKET_DIR or TMPDIR names");
        }
        catch (RpcException)
        {
            throw new OperationCanceledException(cancel);
        }
    }
}
