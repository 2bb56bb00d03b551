using System.Diagnostics;
using Platform.Servers;

namespace Platform.Runner.Tests.Proof;

/// <summary>The real Ingest as a process of its own.</summary>
internal sealed class IngestProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process process;

    private IngestProcess(Process process, string address) => (this.process, Address) = (process, address);

    /// <summary>Of its gRPC.</summary>
    public string Address { get; }

    public static async Task<IngestProcess> StartAsync(string database, string broker)
    {
        var (http, grpc) = ($"http://127.0.0.1:{FreePorts.Take()}", $"http://127.0.0.1:{FreePorts.Take()}");
        var bin = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var folder = Path.Combine(bin.Parent!.Parent!.FullName, "Ingest", bin.Name);
        var start = new ProcessStartInfo(Path.Combine(folder, "Platform.Ingest")) { WorkingDirectory = folder };
        foreach (var (name, value) in ((string, string)[])
            [
                ("ConnectionStrings__ingest-db", database), ("ConnectionStrings__messaging", broker), ("Internal__Secret", RunnerProcess.Secret),
                ("Kestrel__Endpoints__http__Url", http), ("Kestrel__Endpoints__grpc__Url", grpc), ("Logging__LogLevel__Default", "Error"),
            ])
            start.Environment[name] = value;
        var ingest = new IngestProcess(Process.Start(start)!, grpc);
        using var client = new HttpClient();
        await Wait.ForAsync("Ingest is healthy", async () =>
        {
            Assert.False(ingest.process.HasExited, "Ingest has ended.");
            try
            {
                using var answer = await client.GetAsync(http + "/health");
                return answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, Limit);
        return ingest;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Limit);
        process.Dispose();
    }
}
