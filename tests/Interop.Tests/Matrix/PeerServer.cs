using System.Diagnostics;

namespace Platform.Interop.Tests.Matrix;

/// <summary>A peer's server: a process that ends when its standard input does.</summary>
internal sealed class PeerServer : IInteropServer
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    private readonly Process process;

    private PeerServer(Process process, string port, string socket)
    {
        this.process = process;
        Tcp = $"127.0.0.1:{port}";
        Unix = "unix:" + socket;
    }

    public string Tcp { get; }

    public string Unix { get; }

    public static async Task<PeerServer> StartAsync(PeerProgram program, string socket)
    {
        var process = Process.Start(program.Start("server", socket))!;
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            var port = await process.StandardOutput.ReadLineAsync().WaitAsync(StartTimeout);
            return port is null ? throw new InvalidOperationException($"The {program.Peer.Name} server did not start: {await errors}") : new PeerServer(process, port, socket);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(StopTimeout);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }
}
