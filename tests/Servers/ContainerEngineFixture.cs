using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Platform.Servers;

/// <summary>
/// A container engine for the tests: the one that DOCKER_HOST or /var/run/docker.sock leads to, else one of the test run's own, started when it is first
/// asked for and ended, with all that is in it, at the end. Use: as an assembly fixture, like <see cref="ServersFixture"/>.
/// </summary>
public sealed class ContainerEngineFixture : IAsyncLifetime
{
    private const string Default = "/var/run/docker.sock";
    private static readonly TimeSpan startTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan stopTimeout = TimeSpan.FromSeconds(60);

    private readonly Lazy<Engine> engine = new(Find);

    /// <summary>As the setting Containers:Socket takes it.</summary>
    public string Socket => engine.Value.Socket;

    /// <summary>As DOCKER_HOST takes it.</summary>
    public string Address => Socket.StartsWith('/') ? "unix://" + Socket : Socket;

    /// <summary>Runs the engine's own command line client; its standard output, without the line end.</summary>
    public string Docker(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", ["--host", Address, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"docker {string.Join(' ', arguments)}: {error.Result}");
        return output.Trim();
    }

    /// <summary>Makes an image of a folder's content, and of nothing else.</summary>
    /// <param name="changes">Instructions as in a Dockerfile, such as <c>ENTRYPOINT ["/service"]</c>.</param>
    /// <returns>The id of the image.</returns>
    public string Import(string folder, params string[] changes)
    {
        var archive = Path.GetTempFileName();
        try
        {
            using (var tar = Process.Start("tar", ["--create", "--file", archive, "--directory", folder, "."]))
                tar.WaitForExit();
            return Docker(["import", .. changes.SelectMany(c => (string[])["--change", c]), archive]);
        }
        finally
        {
            File.Delete(archive);
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (engine is not { IsValueCreated: true, Value: { Process: { } process, Data: { } data } })
            return;
        Process.Start("/bin/kill", ["-TERM", $"{process.Id}"]).WaitForExit();
        await process.WaitForExitAsync().WaitAsync(stopTimeout);
        process.Dispose();
        Directory.Delete(data, recursive: true);
    }

    private static Engine Find()
    {
        if (Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } given)
            return new(given, null, null);
        if (Answers(Default))
            return new(Default, null, null);
        if (!Environment.IsPrivilegedProcess || !File.Exists("/usr/sbin/dockerd"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("A container engine is needed: docker.io, and root to start it.");
            Assert.Skip("No container engine runs, and none can be started: docker.io, and root.");
        }

        // As the AppHost starts it.
        var name = RandomNumberGenerator.GetHexString(8, lowercase: true);
        var (data, run) = (Directory.CreateTempSubdirectory("engine-").FullName, $"/run/platform-engine-{name}");
        var process = StartForGood("setpriv", "--pdeathsig", "TERM", "/bin/sh", Path.Combine(AppContext.BaseDirectory, "container-engine.sh"), data, run);
        var begun = Stopwatch.GetTimestamp();
        while (!Answers($"{run}/docker.sock"))
        {
            Assert.False(process.HasExited, "The container engine did not start; what it said is above.");
            Assert.True(Stopwatch.GetElapsedTime(begun) < startTimeout, $"The container engine did not start within {startTimeout.TotalSeconds} s.");
            Thread.Sleep(50);
        }

        return new($"{run}/docker.sock", process, data);
    }

    // What is to end with its parent ends with the thread that started it, and those of the pool come and go.
    private static Process StartForGood(string program, params string[] arguments)
    {
        var started = new TaskCompletionSource<Process>();
        new Thread(() =>
        {
            try
            {
                started.SetResult(Process.Start(program, arguments));
                Thread.Sleep(Timeout.Infinite);
            }
            catch (Exception e)
            {
                started.TrySetException(e);
            }
        }) { IsBackground = true }.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private static bool Answers(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed record Engine(string Socket, Process? Process, string? Data);
}
