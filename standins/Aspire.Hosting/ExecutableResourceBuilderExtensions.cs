using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting;

public static class ExecutableResourceBuilderExtensions
{
    /// <param name="workingDirectory">Below the AppHost's folder, or absolute.</param>
    public static IResourceBuilder<ExecutableResource> AddExecutable(
        this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args)
    {
        var resource = builder.AddResource(new ExecutableResource(name, command, Path.GetFullPath(Path.Combine(builder.AppHostDirectory, workingDirectory))));
        return resource.Annotate(new ExecutableLauncher(resource.Resource, args ?? []));
    }
}

/// <summary>Runs a program of this machine. It is told to end by SIGTERM.</summary>
internal sealed class ExecutableLauncher(ExecutableResource executable, IReadOnlyList<string> arguments) : ResourceLauncher
{
    private static readonly TimeSpan stopTimeout = TimeSpan.FromSeconds(20);

    internal override async Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        var given = new Dictionary<string, string>();
        foreach (var annotation in executable.Annotations.OfType<EnvironmentAnnotation>())
            await annotation.Apply(given, cancellationToken);
        return ManagedProcess.Start(context, executable.Name, executable.Command, arguments, executable.WorkingDirectory, Signal.Terminate, environment =>
        {
            foreach (var (name, value) in given)
                environment[name] = value;
        }, stopTimeout: stopTimeout);
    }
}
