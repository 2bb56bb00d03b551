using System.Diagnostics;
using System.Text;
using Grpc.Net.Client;
using Platform.Ingest.Tests.Model;
using Platform.Servers;

namespace Platform.Ingest.Tests.Kill;

/// <summary>The real service as a process of its own, so that it can be killed.</summary>
internal sealed class IngestProcess : IAsyncDisposable
{
    /// <summary>What the shell calls the end by SIGKILL.</summary>
    public const int Killed = 128 + 9;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly GrpcChannel _channel;
    private readonly StringBuilder _output = new();

    private IngestProcess(Process process, string grpc)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
        _channel = GrpcChannel.ForAddress(grpc, new() { MaxSendMessageSize = null });
        Replica = new(new(_channel), IngestHost.Headers);
    }

    public Replica Replica { get; }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <returns>Answering, with its tables made; or killed already, as the relay begins with what another one left.</returns>
    public static async Task<IngestProcess> StartAsync(string connectionString, string broker, params (string Name, string Value)[] settings)
    {
        var (http, grpc) = ($"http://127.0.0.1:{FreePorts.Take()}", $"http://127.0.0.1:{FreePorts.Take()}");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Platform.Ingest"))
        {
            WorkingDirectory = AppContext.BaseDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in ((string, string)[])
            [
                ("ConnectionStrings__ingest-db", connectionString), ("ConnectionStrings__messaging", broker), ("Internal__Secret", IngestHost.Secret),
                ("Kestrel__Endpoints__http__Url", http), ("Kestrel__Endpoints__grpc__Url", grpc), ("Logging__LogLevel__Default", "Warning"),
                ("Load__BatchDelay", "00:00:00.010"), .. settings,
            ])
            start.Environment[name] = value;
        var ingest = new IngestProcess(Process.Start(start)!, grpc);
        try
        {
            await ingest.AliveAsync(new(http + "/alive"));
            return ingest;
        }
        catch
        {
            await ingest.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(EndTimeout, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _channel.Dispose();
        KillAtExit(null, EventArgs.Empty);
        await _process.WaitForExitAsync().WaitAsync(EndTimeout);
        _process.Dispose();
    }

    private async Task AliveAsync(Uri alive)
    {
        using var http = new HttpClient();
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Interval, TestContext.Current.CancellationToken))
        {
            try
            {
                using var answer = await http.GetAsync(alive, TestContext.Current.CancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It doesn't listen yet.
            }

            if (_process.HasExited && _process.ExitCode == Killed)
                return;
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > StartTimeout)
                throw new InvalidOperationException($"Ingest did not start: {Output}");
        }
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.AppendLine(line);
    }

    private void KillAtExit(object? sender, EventArgs arguments)
    {
        if (!_process.HasExited)
            _process.Kill();
    }
}
