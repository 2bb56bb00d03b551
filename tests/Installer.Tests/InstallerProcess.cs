using System.Diagnostics;
using System.Text;
using Platform.Servers;

namespace Platform.Installer.Tests;

/// <summary>The real service as a process of its own, so that it can be killed.</summary>
internal sealed class InstallerProcess : IAsyncDisposable
{
    /// <summary>What the shell calls the end by SIGKILL.</summary>
    public const int Killed = 128 + 9;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private InstallerProcess(Process process, Uri address)
    {
        Address = address;
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    public Uri Address { get; }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <returns>Answering; or killed already, in what an earlier one left.</returns>
    public static async Task<InstallerProcess> StartAsync(string data, string roots, string broker, string secret, params (string Name, string Value)[] settings)
    {
        var http = $"http://127.0.0.1:{FreePorts.Take()}";
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Platform.Installer"))
        {
            WorkingDirectory = AppContext.BaseDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in ((string, string)[])
                 [
                     ("Internal__Secret", secret), ("Data__Directory", data), ("Local__Roots__0", roots), ("ConnectionStrings__messaging", broker),
                     ("Kestrel__Endpoints__http__Url", http), ("Kestrel__Endpoints__grpc__Url", $"http://127.0.0.1:{FreePorts.Take()}"),
                     ("Logging__LogLevel__Default", "Warning"), .. settings,
                 ])
            start.Environment[name] = value;
        var installer = new InstallerProcess(Process.Start(start)!, new Uri(http));
        try
        {
            await installer.AliveAsync(new Uri(http + "/alive"));
            return installer;
        }
        catch
        {
            await installer.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Workplace.Patience, TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        KillAtExit(null, EventArgs.Empty);
        await _process.WaitForExitAsync().WaitAsync(Workplace.Patience);
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
                if (answer.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // It doesn't listen yet.
            }

            if (_process.HasExited && _process.ExitCode == Killed) return;
            if (_process.HasExited || Stopwatch.GetElapsedTime(started) > Workplace.Patience)
                throw new InvalidOperationException($"The Installer did not start: {Output}");
        }
    }

    private void Keep(string? line)
    {
        lock (_output) _output.AppendLine(line);
    }

    private void KillAtExit(object? sender, EventArgs arguments)
    {
        if (!_process.HasExited) _process.Kill();
    }
}
