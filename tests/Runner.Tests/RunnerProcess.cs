using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Grpc.Net.Client;
using Platform.Runner.Processes;
using Platform.Servers;

namespace Platform.Runner.Tests;

/// <summary>The real service as a process of its own, so that it can be killed and stopped.</summary>
internal sealed class RunnerProcess : IAsyncDisposable
{
    internal const string Secret = "test-internal-secret";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(40);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly GrpcChannel channel;

    private RunnerProcess(Process process, Uri address, Uri grpc)
    {
        this.process = process;
        process.OutputDataReceived += Collect;
        process.ErrorDataReceived += Collect;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Client = Authorised(address);
        Address = address;
        GrpcAddress = grpc;
        channel = GrpcChannel.ForAddress(grpc, new() { HttpClient = Authorised(grpc), DisposeHttpClient = true });
        Grpc = new(channel);
    }

    public Uri Address { get; }

    public Uri GrpcAddress { get; }

    /// <summary>With the internal secret and every scope.</summary>
    public HttpClient Client { get; }

    /// <summary>With the internal secret.</summary>
    public Platform.Runner.V1.Runner.RunnerClient Grpc { get; }

    public int Id => process.Id;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    public static Task<RunnerProcess> StartAsync(Peers peers, string database, string broker, string data, string temporary, params (string Name, string Value)[] settings) =>
        StartAsync(null, peers, database, broker, data, temporary, settings);

    /// <param name="user">Id of the ordinary user that it runs as, when the tests run as root; null: as the tests do.</param>
    public static async Task<RunnerProcess> StartAsync(
        string? user, Peers peers, string database, string broker, string data, string temporary, params (string Name, string Value)[] settings)
    {
        var address = new Uri($"http://127.0.0.1:{FreePorts.Take()}");
        var grpc = new Uri($"http://127.0.0.1:{FreePorts.Take()}");
        var program = Path.Combine(AppContext.BaseDirectory, "Platform.Runner");
        var start = user is null ? new ProcessStartInfo(program) : new ProcessStartInfo("setpriv", [$"--reuid={user}", $"--regid={user}", "--clear-groups", "--", program]);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, AppContext.BaseDirectory);
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
            [
                ("Kestrel__Endpoints__http__Url", address.ToString()), ("Kestrel__Endpoints__grpc__Url", grpc.ToString()),
                ("ConnectionStrings__runner-db", database), ("ConnectionStrings__messaging", broker),
                ("Internal__Secret", Secret), ("Data__Directory", data), ("Connectors__TemporaryDirectory", temporary),
                ("services__registry__grpc__0", peers.Address), ("services__installer__grpc__0", peers.Address), ("services__ingest__grpc__0", peers.Address),
                ("Runner__SweepSeconds", "0.5"), ("Runner__DrainSeconds", "2"),
                // Tests that are not about attempts want to see the end of the first.
                ("Runner__MaxAttempts", "1"),
                ("Schedules__MinimumSeconds", "1"), ("Schedules__CheckInSeconds", "1"), ("Schedules__ReconcileSeconds", "1"), .. settings,
            ])
            start.Environment[name] = value;
        var runner = new RunnerProcess(Process.Start(start)!, address, grpc);
        try
        {
            await Wait.ForAsync("the runner is healthy", runner.IsHealthyAsync, StartTimeout);
            return runner;
        }
        catch
        {
            var words = runner.Output;
            await runner.DisposeAsync();
            Assert.Fail("The runner did not start: " + words);
            throw;
        }
    }

    public async Task<JsonElement> StartRunAsync(string connection)
    {
        using var response = await Client.PostAsJsonAsync("/v1/runs", new { connection });
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public Task<JsonElement> RunAsync(string id) => Client.GetFromJsonAsync<JsonElement>($"/v1/runs/{id}");

    /// <summary>Waits for the run to reach a state; the run as it then is.</summary>
    public async Task<JsonElement> WaitForStateAsync(string id, TimeSpan timeout, params string[] states)
    {
        JsonElement run = default;
        await Wait.ForAsync($"run in state {string.Join(" or ", states)}", async () =>
        {
            run = await RunAsync(id);
            return states.Contains(run.GetProperty("state").GetString());
        }, timeout);
        return run;
    }

    public void Signal(string name) => Process.Start("/bin/kill", [$"-{name}", $"{process.Id}"]).WaitForExit();

    public async Task WaitForExitAsync() => await process.WaitForExitAsync().WaitAsync(StopTimeout);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        channel.Dispose();
        if (!process.HasExited)
        {
            Signal("CONT");
            Signals.Kill(process.Id);
        }

        await WaitForExitAsync();
        process.Dispose();
    }

    private static HttpClient Authorised(Uri address)
    {
        var client = new HttpClient { BaseAddress = address };
        client.DefaultRequestHeaders.Add("X-Platform-Secret", Secret);
        client.DefaultRequestHeaders.Add("X-Platform-Scopes", "admin");
        client.DefaultRequestHeaders.Add("X-Platform-Actor", "tester");
        return client;
    }

    private async Task<bool> IsHealthyAsync()
    {
        Assert.False(process.HasExited);
        try
        {
            using var response = await Client.GetAsync("/health");
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void Collect(object sender, DataReceivedEventArgs e)
    {
        lock (output)
            output.AppendLine(e.Data);
    }
}
