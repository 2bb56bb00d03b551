using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Benchmarks.Processes;
using Platform.ServiceDefaults;
using Platform.Servers;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Benchmarks.Loads;

/// <summary>The service as its build made it, in a process of its own, with a broker that is away: loads have no events before they are closed.</summary>
internal sealed class IngestProcess : IAsyncDisposable
{
    private const string SecretName = "Internal__Secret", Secret = "of this benchmark";
    private const string NoBroker = "amqp://nobody:nothing@127.0.0.1:1";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Process process;
    private readonly GrpcChannel channel;
    private string lastWords = "";

    private IngestProcess(Process process, string grpc)
    {
        this.process = process;
        // What it says must be read, and only the last of it is worth telling.
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += Kill;
        Address = grpc;
        channel = GrpcChannel.ForAddress(grpc, new() { MaxSendMessageSize = null });
        Client = new(channel);
    }

    public IngestClient Client { get; }

    public string Address { get; }

    /// <summary>For a process that calls this one.</summary>
    public static IReadOnlyDictionary<string, string> SecretVariable { get; } = new Dictionary<string, string> { [SecretName] = Secret };

    public static Metadata Headers => new() { { InternalSecret.Header.ToLowerInvariant(), Secret } };

    /// <summary>The most memory that the process had since its start, as the kernel counts it; bytes.</summary>
    public long PeakMemory => Status("VmHWM:");

    /// <summary>That it has now.</summary>
    public long Memory => Status("VmRSS:");

    public TimeSpan ProcessorTime => ProcessorTimes.Of(process.Id);

    /// <returns>Answering, with its tables made.</returns>
    public static async Task<IngestProcess> StartAsync(string connectionString)
    {
        var (http, grpc) = ($"http://127.0.0.1:{FreePorts.Take()}", $"http://127.0.0.1:{FreePorts.Take()}");
        // Beside this program's own output, under the same configuration.
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var folder = Path.Combine(here.Parent!.Parent!.FullName, "Ingest", here.Name);
        var start = new ProcessStartInfo(Path.Combine(folder, "Platform.Ingest")) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in ((string, string)[])
            [
                ("ConnectionStrings__ingest-db", connectionString), ("ConnectionStrings__messaging", NoBroker), (SecretName, Secret),
                ("Kestrel__Endpoints__http__Url", http), ("Kestrel__Endpoints__grpc__Url", grpc),
            ])
            start.Environment[name] = value;
        var ingest = new IngestProcess(Process.Start(start)!, grpc);
        try
        {
            await ingest.WaitAsync(new(http + "/alive"));
            return ingest;
        }
        catch
        {
            await ingest.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        channel.Dispose();
        Kill(null, EventArgs.Empty);
        await process.WaitForExitAsync().WaitAsync(EndLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        process.Dispose();
    }

    private async Task WaitAsync(Uri alive)
    {
        using var http = new HttpClient();
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause))
        {
            try
            {
                using var answer = await http.GetAsync(alive);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It doesn't listen yet.
            }

            if (process.HasExited || Stopwatch.GetElapsedTime(started) > StartLimit)
                throw new InvalidOperationException($"Ingest did not start: {lastWords}");
        }
    }

    private long Status(string key)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private void Keep(string? line)
    {
        if (!string.IsNullOrEmpty(line))
            lastWords = line;
    }

    private void Kill(object? sender, EventArgs arguments)
    {
        if (!process.HasExited)
            process.Kill();
    }
}
