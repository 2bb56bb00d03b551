using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Runner.Drivers;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>A connector whose Runner has died while it was being started is not started at all.</summary>
public sealed class ParentTests : IDisposable
{
    private readonly string bundle = Directory.CreateTempSubdirectory("bundle-").FullName;
    private readonly ServiceProvider services = Services();

    public void Dispose()
    {
        services.Dispose();
        Directory.Delete(bundle, recursive: true);
    }

    [Fact]
    public async Task What_has_another_parent_than_its_runner_ends_before_the_connector_begins()
    {
        using var folder = services.GetRequiredService<RunFolders>().Create();
        var isolation = services.GetRequiredService<Isolation>();
        var limits = LaunchLimits.Of(services.GetRequiredService<IOptions<ConnectorSettings>>().Value);
        var group = isolation.CreateControlGroup(folder.UniqueName, limits);
        Assert.SkipWhen(group is null && Environment.GetEnvironmentVariable("CI") != "true", "No control group can be made here.");
        Assert.NotNull(group);
        var launch = new ConnectorLaunch("parent", bundle, "/bin/true", limits, new ConnectorOutput(NullLogger.Instance, null, "parent", new OptionMask("")));
        var start = isolation.Start(launch, folder, group, new Dictionary<string, string>());

        try
        {
            Assert.Equal(0, await ExitCodeAsync(start, [start.FileName, .. start.ArgumentList]));
            Assert.Equal(125, await ExitCodeAsync(start, ["/bin/sh", "-c", "\"$@\"; exit $?", "sh", start.FileName, .. start.ArgumentList]));
        }
        finally
        {
            await group.RemoveAsync();
        }
    }

    private static ServiceProvider Services()
    {
        var collection = new ServiceCollection();
        collection.AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddSingleton<OutboundGuard>().AddConnectorDrivers();
        return collection.BuildServiceProvider();
    }

    private static async Task<int> ExitCodeAsync(ProcessStartInfo like, string[] words)
    {
        var start = new ProcessStartInfo(words[0], words[1..]) { WorkingDirectory = like.WorkingDirectory };
        start.Environment.Clear();
        foreach (var (name, value) in like.Environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        return process.ExitCode;
    }
}
