namespace Platform.Standins.Tests.Hosting;

public sealed class AppHostProcessTests : IDisposable
{
    private readonly string volumes = Directory.CreateTempSubdirectory("aspire-volumes-").FullName;

    public AppHostProcessTests()
    {
        // The user postgres has to pass when the tests run as root.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(volumes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("KILL")]
    public async Task An_AppHost_that_is_ended_leaves_no_process_and_no_folder(string signal)
    {
        using var appHost = new AppHostProcess(volumes, persistent: false);
        await appHost.WhenStartedAsync();
        var (processes, folder) = (appHost.Descendants, appHost.RunFolder);
        // postgres, epmd, rabbitmq, web and its child, second, the reaper; the servers' own children besides.
        Assert.True(processes.Count >= 7, appHost.Output);

        await appHost.SignalAsync(signal);

        await appHost.WhenGoneAsync(processes, folder);
    }

    [Fact]
    public async Task Data_volumes_survive_the_crash_of_an_AppHost_and_serve_the_next_one_while_it_lives_no_other()
    {
        using (var crashing = new AppHostProcess(volumes, persistent: true))
        {
            await crashing.WhenStartedAsync();
            await crashing.SignalAsync("KILL");
        }
        // At once: the servers of the first may still be about to end.
        using var next = new AppHostProcess(volumes, persistent: true);
        await next.WhenStartedAsync();
        Assert.DoesNotContain("did not start", next.Output, StringComparison.Ordinal);

        using var another = new AppHostProcess(volumes, persistent: true);
        await Until.TrueAsync(() => another.Output.Contains("in use by another run", StringComparison.Ordinal), Until.Started, () => another.Output);
        await another.SignalAsync("TERM");

        var (processes, folder) = (next.Descendants, next.RunFolder);
        await next.SignalAsync("TERM");
        await next.WhenGoneAsync(processes, folder);
        Assert.DoesNotContain("hush-hush", next.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(await File.ReadAllTextAsync(Path.Combine(volumes, "postgres-data", "password"), TestContext.Current.CancellationToken), next.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(await File.ReadAllTextAsync(Path.Combine(volumes, "messaging-data", "password"), TestContext.Current.CancellationToken), next.Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(volumes, recursive: true);
}
