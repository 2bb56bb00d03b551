using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms.Servers;

/// <summary>Starts what a service consists of as connectors are started.</summary>
internal sealed class Sandbox(ProcessLauncher launcher, Isolation isolation, RunFolders folders)
{
    /// <summary>What a process will get, found out by making a group for none.</summary>
    public async Task<string> DescribeAsync(LaunchLimits limits)
    {
        using var folder = folders.Create();
        var group = isolation.CreateControlGroup(folder.UniqueName, limits);
        if (group is not null)
            await group.RemoveAsync();
        return isolation.Describe(group);
    }

    public RunFolder NewFolder() => folders.Create();

    /// <summary>The environment is the connection's; a shell in front of the words says 127 or 126 where they can't be run.</summary>
    public Task<ConnectorProcess> StartAsync(
        OmsServerWish wish, IReadOnlyList<string> argv, RunFolder folder, Func<Stream, Task> readOutput, Func<Stream, Task> readError)
    {
        var launch = wish.Launch with
        {
            Argv = ["/bin/sh", "-c", "exec \"$@\"", "sh", .. argv],
            SecretEnvironment = ServiceVariables.Of(wish.Service, wish.Options),
        };
        return ConnectorProcess.StartAsync(launcher, isolation, launch, folder, new Dictionary<string, string>(), readOutput, readError);
    }
}
