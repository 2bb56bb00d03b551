using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Platform.Benchmarks.Processes;
using Platform.Servers;

namespace Platform.Benchmarks.Runs;

/// <summary>The whole platform as <c>./platform up</c> starts it, with data of its own that are written to disk as PostgreSQL does by default.</summary>
internal sealed class PlatformProcess : IAsyncDisposable
{
    private const string EngineVariable = "Containers__Socket=";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly Process process;
    private readonly HttpClient http;
    private readonly StringBuilder words = new();
    private int runner;

    private PlatformProcess(Process process, int port)
    {
        this.process = process;
        http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Of the Runner, as the kernel counts it; bytes.</summary>
    public long RunnerMemory => Status(runner, "VmRSS:");

    /// <summary>The most that it had since its start.</summary>
    public long RunnerPeakMemory => Status(runner, "VmHWM:");

    /// <summary>The gateway's process.</summary>
    public int Gateway { get; private set; }

    /// <summary>As of the Runner.</summary>
    public long GatewayMemory => Status(Gateway, "VmRSS:");

    /// <summary>As of the Runner.</summary>
    public long GatewayPeakMemory => Status(Gateway, "VmHWM:");

    /// <summary>Of the container engine that the Runner uses; null: it looks for one itself.</summary>
    public string? EngineSocket => File.ReadAllText($"/proc/{runner}/environ").Split('\0')
        .Where(v => v.StartsWith(EngineVariable, StringComparison.Ordinal)).Select(v => v[EngineVariable.Length..]).FirstOrDefault();

    /// <summary>Of the gateway.</summary>
    public string Url => http.BaseAddress!.GetLeftPart(UriPartial.Authority);

    /// <summary>Of the throw-away platform.</summary>
    public string Token => http.DefaultRequestHeaders.Authorization!.Parameter!;

    /// <summary>Where a service listens.</summary>
    /// <param name="secret">The internal secret that this platform was started with: no other has it.</param>
    public static string ServiceAddress(string service, string secret)
    {
        var variable = $"services__{service}__http__0=";
        return File.ReadAllText($"/proc/{Find("Platform.Gateway", $"Internal__Secret={secret}")}/environ").Split('\0').Single(v => v.StartsWith(variable, StringComparison.Ordinal))[variable.Length..];
    }

    /// <param name="folder">For its data and configuration; connectors may be installed from below it and may read it.</param>
    /// <param name="settings">For the services, all of which get all of them.</param>
    public static Task<PlatformProcess> StartAsync(string folder, params (string Name, string Value)[] settings) => StartAsync(folder, [], settings);

    /// <param name="more">Further arguments of <c>up</c>.</param>
    public static async Task<PlatformProcess> StartAsync(string folder, string[] more, params (string Name, string Value)[] settings)
    {
        var (port, config, data) = (FreePorts.Take(), Path.Combine(folder, "config.json"), Path.Combine(folder, "data"));
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var client = Path.Combine(here.Parent!.Parent!.FullName, "Cli", here.Name, "platform.dll");
        var start = new ProcessStartInfo("dotnet", [client, "up", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", data, "--local-root", folder, "--readable", folder, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PLATFORM_CONFIG"] = config;
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var platform = new PlatformProcess(Process.Start(start)!, port);
        try
        {
            // up keeps its token once the gateway is healthy.
            await platform.WaitAsync(StartLimit, async () => File.Exists(config) && await platform.IsHealthyAsync());
            using var token = JsonDocument.Parse(await File.ReadAllTextAsync(config));
            platform.http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.RootElement.GetProperty("token").GetString());
            platform.runner = Find("Platform.Runner", $"Data__Directory={data}");
            platform.Gateway = Find("Platform.Gateway", $"Gateway__BootstrapToken={platform.Token}");
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>A bundle of this folder, by the manifest beside its command.</summary>
    public Task InstallAsync(string name, string folder, string command) => InstallAsync(new { name, source = "Local", uri = folder, command });

    public async Task InstallAsync(object manifest)
    {
        var install = await SendAsync("/v1/connectors", manifest);
        var (path, state) = ($"/v1/installs/{install.GetProperty("id").GetString()}", "");
        await WaitAsync(StartLimit, async () => (state = State(await http.GetFromJsonAsync<JsonElement>(path))) is "succeeded" or "failed");
        if (state != "succeeded")
            throw new InvalidOperationException($"The install failed: {await http.GetStringAsync(path)}");
    }

    /// <param name="streams">To be synced; none: all.</param>
    public Task ConnectAsync(string connection, string connector, string options, params string[] streams) =>
        SendAsync("/v1/connections", new { name = connection, connector, options, streams });

    public async Task DisconnectAsync(string connection)
    {
        using var answer = await http.DeleteAsync($"/v1/connections/{connection}");
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"The connection was not deleted: {await answer.Content.ReadAsStringAsync()}");
    }

    public Task<JsonElement> GetAsync(string path) => http.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Until the action has ended.</summary>
    /// <exception cref="InvalidOperationException">It did not succeed.</exception>
    public async Task InvokeAsync(string connection, string action, object arguments)
    {
        var invocation = await SendAsync($"/v1/connections/{connection}/actions/{action}", new { arguments });
        if (invocation.GetProperty("outcome").GetString() != "succeeded")
            throw new InvalidOperationException($"The action did not succeed: {invocation}");
    }

    public async Task QueryAsync(string connection, object query)
    {
        using var answer = await http.PostAsJsonAsync($"/v1/connections/{connection}/query", query);
        var body = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"The query was answered {body}");
    }

    /// <returns>The path of the run.</returns>
    public async Task<string> StartRunAsync(string connection) => $"/v1/runs/{(await SendAsync("/v1/runs", new { connection })).GetProperty("id").GetString()}";

    /// <summary>Until anybody could read an object of the connection.</summary>
    public Task WaitForObjectAsync(string connection, TimeSpan limit) => WaitAsync(limit, async () =>
        (await http.GetFromJsonAsync<JsonElement>($"/v1/objects?connection={connection}&limit=1")).GetProperty("items").GetArrayLength() > 0);

    /// <returns>The run as it ended.</returns>
    /// <exception cref="InvalidOperationException">It did not succeed.</exception>
    public async Task<JsonElement> WaitForSuccessAsync(string run, TimeSpan limit)
    {
        JsonElement record = default;
        await WaitAsync(limit, async () => State(record = await http.GetFromJsonAsync<JsonElement>(run)) is not ("queued" or "running"));
        return State(record) == "succeeded" ? record : throw new InvalidOperationException($"The run did not succeed: {record}");
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (!process.HasExited)
        {
            // It ends its servers, and in the end itself.
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            await process.WaitForExitAsync().WaitAsync(EndLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private async Task<JsonElement> SendAsync(string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadFromJsonAsync<JsonElement>()
            : throw new InvalidOperationException($"{path} answered {await response.Content.ReadAsStringAsync()}");
    }

    private async Task<bool> IsHealthyAsync()
    {
        try
        {
            using var response = await http.GetAsync("/health");
            return response.StatusCode == HttpStatusCode.OK && Words().Contains("The platform runs.", StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task WaitAsync(TimeSpan limit, Func<Task<bool>> condition)
    {
        for (var started = Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(Pause))
        {
            if (process.HasExited || Stopwatch.GetElapsedTime(started) > limit)
                throw new InvalidOperationException($"Not within {limit.TotalSeconds} s. The platform's last words: {Words()}");
        }
    }

    private static int Find(string program, string variable)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    && File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(program, StringComparison.Ordinal)
                    && File.ReadAllText(Path.Combine(folder, "environ")).Contains(variable, StringComparison.Ordinal))
                    return id;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended since it was listed, or is somebody else's.
            }
        }

        throw new InvalidOperationException($"No process is {program} of this platform.");
    }

    private static string State(JsonElement record) => record.GetProperty("state").GetString()!;

    private static long Status(int process, string key)
    {
        var line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith(key, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private void Keep(string? line)
    {
        lock (words)
            words.AppendLine(line);
    }

    private string Words()
    {
        lock (words)
            return words.ToString();
    }
}
