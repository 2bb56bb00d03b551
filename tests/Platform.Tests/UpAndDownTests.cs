using Platform.Servers;

namespace Platform.Tests;

/// <summary>Platforms of their own, started and ended as an operator does.</summary>
public sealed class UpAndDownTests : IDisposable
{
    private const int RunsAlready = 6;
    private readonly List<System.Diagnostics.Process> started = [];
    private readonly string folder = Directory.CreateTempSubdirectory("cp-up-").FullName;

    public UpAndDownTests() => File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);

    private static string Sample => Path.Combine(Repository.Root, "artifacts", "connectors", "files", "manifest.json");

    private string Data => Path.Combine(folder, "data");

    private Dictionary<string, string> Environment => new() { ["PLATFORM_CONFIG"] = Path.Combine(folder, "config.json") };

    public void Dispose()
    {
        // Only after a failure does one run still.
        foreach (var process in started.Where(process => !process.HasExited))
        {
            System.Diagnostics.Process.Start("kill", [$"{process.Id}"]).WaitForExit();
            process.WaitForExit(Limits.Stop);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_demo_works_and_leaves_nothing()
    {
        RequireSample();
        var before = Leftovers();

        var demo = await CommandLine.RunAsync(Environment, "demo", "--once");

        Assert.True(demo.ExitCode == 0, demo.Output + demo.Errors);
        Assert.Contains("sync.completed", demo.Output);
        Assert.Empty(Leftovers().Except(before));
    }

    [Fact]
    public async Task Data_survives_down_and_up_and_a_second_up_says_that_one_runs()
    {
        var port = FreePorts.Take();
        var first = await UpAsync(port);
        await InstallAsync();
        var second = await CommandLine.RunAsync(Environment, "up", "--data", Data, "--port", $"{port}");
        Assert.Equal(RunsAlready, second.ExitCode);
        Assert.Contains(port.ToString(), second.Errors);
        await DownAsync(first);

        var again = await UpAsync(port);
        Assert.Contains("kept", (await CommandLine.RunAsync(Environment, "connectors", "list")).Output);
        Assert.Contains("greeter-oms", (await CommandLine.RunAsync(Environment, "catalog")).Output);
        await DownAsync(again);
    }

    private async Task<System.Diagnostics.Process> UpAsync(int port)
    {
        var up = CommandLine.Start(Environment, "up", "--data", Data, "--port", $"{port}", "--local-root", folder, "--catalog", Repository.Connector("catalog.json"));
        started.Add(up);
        _ = up.StandardError.ReadToEndAsync();
        await Limits.UntilAsync("the platform to be up", Limits.Start, async () =>
            up.HasExited ? throw new InvalidOperationException($"up exited with {up.ExitCode}")
            : (await up.StandardOutput.ReadLineAsync().WaitAsync(Limits.Start))?.Contains("Ctrl-C") == true ? up : null);
        _ = up.StandardOutput.ReadToEndAsync();
        return up;
    }

    private async Task DownAsync(System.Diagnostics.Process up)
    {
        var down = await CommandLine.RunAsync(Environment, "down", "--data", Data);
        Assert.True(down.ExitCode == 0, down.Output + down.Errors);
        await up.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limits.Stop, TestContext.Current.CancellationToken);
    }

    private async Task InstallAsync()
    {
        RequireSample();
        var install = await CommandLine.RunAsync(Environment, "connectors", "install", Sample, "--name", "kept");
        Assert.True(install.ExitCode == 0, install.Output + install.Errors);
    }

    private static void RequireSample()
    {
        var published = File.Exists(Sample);
        if (System.Environment.GetEnvironmentVariable("CI") == "true")
            Assert.True(published, "The demo's connector is not published: run the tests by ./platform test.");
        Assert.SkipUnless(published, "Only ./platform publishes the demo's connector.");
    }

    private static HashSet<string> Leftovers() =>
        [.. Directory.EnumerateFileSystemEntries(Path.GetTempPath(), "cp-*"), .. Directory.EnumerateFileSystemEntries(Path.GetTempPath(), "platform-demo-*")];
}
