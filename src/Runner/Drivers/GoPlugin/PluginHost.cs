using System.Diagnostics;
using System.Net.Sockets;
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
    private readonly ConnectorSettings settings;
    private readonly Task stdio;
    private readonly CancellationTokenSource ended = new();
    private long endingSince;

    private PluginHost(ConnectorProcess process, GrpcChannel channel, ConnectorSettings settings, ConnectorOutput output)
    {
        (this.process, this.channel, this.settings) = (process, channel, settings);
        Invoker = channel.CreateCallInvoker();
        // In this order, before any work: the broker's stream, then the standard streams.
        Broker = new(new GRPCBroker.GRPCBrokerClient(Invoker));
        stdio = PluginStdio.DrainAsync(new GRPCStdio.GRPCStdioClient(Invoker), output, ended.Token);
    }

    public CallInvoker Invoker { get; }

    public BrokerStream Broker { get; }

    public string Isolation => process.Isolation;

    /// <summary>Ends with the connector's process; never fails.</summary>
    public Task Exited => process.Exited;

    /// <param name="versions">App protocol versions that the caller can talk.</param>
    /// <param name="cookie">Name and value of the variable by which a plugin knows that a host started it.</param>
    public static async Task<PluginHost> StartAsync(
        ProcessLauncher launcher, Isolation isolation, ConnectorSettings settings, RunFolder folder, SyncWork work,
        IReadOnlyCollection<int> versions, KeyValuePair<string, string> cookie, CancellationToken cancel)
    {
        using var activity = PlatformActivity.Source.StartActivity("connector start");
        activity?.SetTag("platform.connector", work.Connector);
        var variables = new Dictionary<string, string>
        {
            [cookie.Key] = cookie.Value,
            ["PLUGIN_PROTOCOL_VERSIONS"] = string.Join(',', versions),
            ["PLUGIN_MIN_PORT"] = "10000",
            ["PLUGIN_MAX_PORT"] = "25000",
            ["PLUGIN_UNIX_SOCKET_DIR"] = folder.Path,
        };
        var handshake = new TaskCompletionSource<Handshake>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = await ConnectorProcess.StartAsync(
            launcher, isolation, settings, work.Command, work.Bundle, folder, variables, LineReader.MaxLineBytes, OnOutput, work.Output.Add);
        try
        {
            var agreed = await HandshakeAsync(process, handshake.Task, TimeSpan.FromSeconds(settings.StartTimeoutSeconds), settings, cancel);
            var host = new PluginHost(process, Connect(agreed), settings, work.Output);
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
            throw;
        }

        void OnOutput(string line, bool cut)
        {
            if (handshake.Task.IsCompleted)
            {
                work.Output.Add(line, cut);
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
        return ExitFault(process, settings);
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
    }

    private TimeSpan Grace => TimeSpan.FromSeconds(settings.GraceSeconds) - Stopwatch.GetElapsedTime(endingSince) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static async Task<Handshake> HandshakeAsync(
        ConnectorProcess process, Task<Handshake> handshake, TimeSpan limit, ConnectorSettings settings, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(limit);
        await Task.WhenAny(handshake, process.Exited, Task.Delay(Timeout.Infinite, timeout.Token));
        cancel.ThrowIfCancellationRequested();
        if (process.Exited.IsCompleted)
        {
            await process.DrainAsync();
            // A wrong line says more than the exit that followed it.
            if (!handshake.IsFaulted)
                throw ExitFault(process, settings);
        }

        return handshake.IsCompleted ? await handshake : throw Faults.HandshakeTimeout(limit);
    }

    private static RunFaultException ExitFault(ConnectorProcess process, ConnectorSettings settings) =>
        process.RanOutOfMemory
            ? Faults.OutOfMemory((long)settings.MemoryLimitMegabytes << 20)
            : Faults.ConnectorExited(process.ExitCode);

    // One connection for good: the broker's stream lives on the first one, a silent second would part from it.
    private static GrpcChannel Connect(Handshake handshake) => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        MaxSendMessageSize = null,
        DisposeHttpClient = true,
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (_, cancel) =>
            {
                var unix = handshake.Network == "unix";
                var socket = unix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(unix ? new UnixDomainSocketEndPoint(handshake.Address) : System.Net.IPEndPoint.Parse(handshake.Address), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        },
    });

    private async Task PingAsync(Handshake handshake, CancellationToken cancel)
    {
        try
        {
            await PluginHealth.CheckAsync(Invoker, DateTime.UtcNow + PingDeadline, cancel);
        }
        catch (RpcException) when (!cancel.IsCancellationRequested)
        {
            throw await ExitFaultAsync() ?? Faults.HandshakeFailed(
                $"it does not answer at {handshake.Network} {handshake.Address}; a socket has to be in the folder that PLUGIN_UNIX_SOCKET_DIR or TMPDIR names");
        }
        catch (RpcException)
        {
            throw new OperationCanceledException(cancel);
        }
    }
}
