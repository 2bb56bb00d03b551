using System.Net.NetworkInformation;
using Platform.Oms;
using Platform.Runner.Drivers.Servers;
using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>
/// A service without a container: the bundle's files in the sandbox of connectors. What it starts with stays as a process, each command is another one. They
/// share this machine's ports, and no files but the bundle's, which can't be written.
/// </summary>
internal sealed class LocalServer : OmsServer
{
    private readonly Sandbox sandbox;
    private readonly OmsServerWish wish;
    private readonly ServiceOutput output;
    private readonly RunFolder? folder;
    private readonly ConnectorProcess? process;
    private readonly TimeSpan grace;
    private Task? end;

    private LocalServer(Sandbox sandbox, OmsServerWish wish, ServiceOutput output, string isolation, RunFolder? folder, ConnectorProcess? process, TimeSpan grace) =>
        (this.sandbox, this.wish, this.output, Isolation, this.folder, this.process, this.grace) = (sandbox, wish, output, isolation, folder, process, grace);

    public override string Isolation { get; }

    public override bool HasEnded => process?.Exited.IsCompleted == true || end is not null;

    public static async Task<OmsServer> StartAsync(Sandbox sandbox, OmsServerWish wish, TimeSpan grace, CancellationToken cancel)
    {
        var output = new ServiceOutput();
        if (wish.Service.Lifecycle.Startup is not { } startup)
            return new LocalServer(sandbox, wish, output, await sandbox.DescribeAsync(wish.Launch.Limits), null, null, grace);
        // It would be taken for the service, and be told the connection's arguments.
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(l => l.Port).Intersect(wish.OwnPorts).ToList();
        if (taken.Count > 0)
            throw ServerFaults.PortTaken(taken[0]);
        using var following = output.Follow(wish.Launch.Output);
        var folder = sandbox.NewFolder();
        ConnectorProcess? process = null;
        try
        {
            process = await sandbox.StartAsync(wish, startup, folder,
                stream => LineReader.ReadAsync(stream, LineReader.MaxLineBytes, output.AddPrinted), stream => LineReader.ReadAsync(stream, LineReader.MaxLineBytes, output.Add));
            if (!await Readiness.WaitAsync(wish.Service.Health, ServicePorts.Of(wish.Service), Loopback, process.Exited, wish.Launch.Limits.Start, cancel))
            {
                await process.DrainAsync();
                throw process.Excess ?? OmsServerFaults.Exited(process.ExitCode, wish.Launch.Output.LastWords);
            }

            return new LocalServer(sandbox, wish, output, process.Isolation, folder, process, grace);
        }
        catch (Exception e)
        {
            if (process is not null)
                await process.DisposeAsync();
            folder.Dispose();
            if (e is RunFaultException { Fault.Detail: null } fault)
                throw new RunFaultException(fault.Fault with { Detail = wish.Launch.Output.LastWords });
            throw;
        }
    }

    public override Uri AddressOf(int port) => Loopback(port);

    public override IDisposable? Follow(ConnectorOutput output) => this.output.Follow(output);

    public override async Task<CommandOutcome> ExecuteAsync(IReadOnlyList<string> argv, long maxBytes, CancellationToken cancel)
    {
        var written = new OutputCollector(maxBytes);
        using var own = sandbox.NewFolder();
        var tooMuch = new TaskCompletionSource<RunFaultException>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var command = await sandbox.StartAsync(wish, argv, own, stream => ReadAsync(stream, isError: false), stream => ReadAsync(stream, isError: true));
        if (await Task.WhenAny(command.Exited, tooMuch.Task).WaitAsync(cancel) == tooMuch.Task)
            throw await tooMuch.Task;
        await command.DrainAsync();
        if (tooMuch.Task.IsCompleted)
            throw await tooMuch.Task;
        return command.Excess is { } excess ? throw excess : new(command.ExitCode, written.Output, written.Error);

        async Task ReadAsync(Stream stream, bool isError)
        {
            var buffer = new byte[64 * 1024];
            try
            {
                for (int read; (read = await stream.ReadAsync(buffer, CancellationToken.None)) > 0;)
                    written.Add(buffer.AsSpan(0, read), isError);
            }
            catch (RunFaultException e)
            {
                tooMuch.TrySetResult(e);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // The pipe was closed under us: the process is gone.
            }
        }
    }

    public override Task EndAsync(CancellationToken hurry) => end ??= StopAsync(hurry);

    private async Task StopAsync(CancellationToken hurry)
    {
        if (process is null)
            return;
        if (!process.Exited.IsCompleted)
        {
            if (wish.Service.Lifecycle.Shutdown is { } shutdown)
                await ServerEnd.ShutDownAsync(this, shutdown, wish.Service.Lifecycle.ShutdownSeconds, hurry);
            process.Terminate();
            await Task.WhenAny(process.Exited, Task.Delay(grace, hurry));
        }

        await process.DisposeAsync();
        folder?.Dispose();
    }

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");
}
