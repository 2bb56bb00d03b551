using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using Grpc.Net.Client;
using Platform.Protocols.GoPlugin;

namespace Platform.Connectors.Tests;

/// <summary>The sample connector as a process, and as a host of any kind would reach it.</summary>
internal sealed class SampleProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(15);
    private readonly string folder = Directory.CreateTempSubdirectory("sp-").FullName;
    private readonly Process process;

    private SampleProcess(string? clientCertificate, string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "sample-connector"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["BASIC_PLUGIN"] = "hello";
        start.Environment["PLUGIN_PROTOCOL_VERSIONS"] = "1";
        start.Environment["PLUGIN_UNIX_SOCKET_DIR"] = folder;
        if (clientCertificate is not null)
            start.Environment[MutualTls.ClientCertificateVariable] = clientCertificate;
        process = Process.Start(start)!;
        Errors = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Everything on stderr, once the process has ended.</summary>
    public Task<string> Errors { get; }

    /// <summary>The fields of the handshake; one empty field when the process ended without.</summary>
    public string[] Handshake { get; private set; } = [];

    public static async Task<SampleProcess> StartAsync(string? clientCertificate, params string[] arguments)
    {
        var sample = new SampleProcess(clientCertificate, arguments);
        sample.Handshake = (await sample.process.StandardOutput.ReadLineAsync().WaitAsync(StartLimit) ?? "").Split('|');
        return sample;
    }

    /// <summary>A channel to its server, in TLS if there is any.</summary>
    public GrpcChannel Channel(SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = (_, cancellation) => ConnectAsync(Handshake[3], cancellation) };
        if (tls is not null)
            handler.SslOptions = tls;
        return GrpcChannel.ForAddress(tls is null ? "http://localhost" : "https://localhost", new() { HttpHandler = handler, DisposeHttpClient = true });
    }

    public async Task<int> ExitAsync()
    {
        await process.WaitForExitAsync().WaitAsync(ExitLimit);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await ExitAsync();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
