using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Platform.Ndc.Tests.Tables;

/// <summary>The sample connector as a process of its own, with an environment that has only what a test gives it.</summary>
public sealed class TablesProcess : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly StringBuilder output = new(), errors = new();

    private TablesProcess(Process process, int port)
    {
        (Process, Port) = (process, port);
        Http = new() { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Limit };
        process.OutputDataReceived += (_, e) => Append(output, e.Data);
        process.ErrorDataReceived += (_, e) => Append(errors, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static string Sample { get; } = Path.Combine(RepositoryFolderAttribute.Value, "connectors", "tables-ndc", "sample");

    public Process Process { get; }

    public int Port { get; }

    public HttpClient Http { get; }

    public string Output => Text(output);

    public string Errors => Text(errors);

    public static TablesProcess Start(IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        var port = FreePort();
        var program = Path.Combine(AppContext.BaseDirectory, "..", "..", "tables-ndc", "release", "tables-ndc");
        // Who runs tests in the background of a shell ignores SIGINT, and so would the connector.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // The runtime is found by these, everything else could be read as a setting.
        foreach (var name in start.Environment.Keys.Where(n => n is not ("PATH" or "HOME" or "DOTNET_ROOT")).ToArray())
            start.Environment.Remove(name);
        start.Environment["HASURA_CONNECTOR_PORT"] = $"{port}";
        start.Environment["HASURA_CONFIGURATION_DIRECTORY"] = Sample;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(Process.Start(start)!, port);
    }

    /// <summary>Serves the sample tables, and is ready.</summary>
    public static async Task<TablesProcess> ServeAsync(params (string Name, string Value)[] environment)
    {
        var process = Start([], environment);
        await process.ReadyAsync();
        return process;
    }

    public async Task ReadyAsync()
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            Assert.False(Process.HasExited, $"The connector ended before it was ready: {Errors}");
            Assert.True(Stopwatch.GetElapsedTime(begun) < Limit, "The connector was not ready in time.");
            try
            {
                using var health = await Http.GetAsync("/health");
                if (health.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(20);
            }
        }
    }

    public void Signal(string name) => Process.Start("/bin/kill", [$"-{name}", $"{Process.Id}"]).WaitForExit();

    /// <summary>The exit code, once all that was written is read.</summary>
    public async Task<int> EndAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(Limit);
        return Process.ExitCode;
    }

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string path, string body)
    {
        using var response = await Http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync()));
    }

    /// <summary>A query without arguments and relationships.</summary>
    public Task<(HttpStatusCode Status, JsonNode? Body)> QueryAsync(string collection, string query, string relationships = "{}", string arguments = "{}") =>
        PostAsync("/query", $$"""{"collection": "{{collection}}", "arguments": {{arguments}}, "query": {{query}}, "collection_relationships": {{relationships}}}""");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!Process.HasExited)
            Process.Kill();
        await Process.WaitForExitAsync();
        Process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Append(StringBuilder to, string? line)
    {
        lock (to)
        {
            if (line is not null)
                to.Append(line).Append('\n');
        }
    }

    private static string Text(StringBuilder of)
    {
        lock (of)
            return of.ToString();
    }
}
