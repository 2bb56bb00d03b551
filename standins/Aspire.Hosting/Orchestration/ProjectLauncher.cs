using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Orchestration;

/// <summary>Runs what the build of the project made, in the project's folder.</summary>
internal sealed class ProjectLauncher(ProjectResource project, IProjectMetadata metadata, ProjectSettings settings) : ResourceLauncher
{
    // Long enough for a service that lets its work end first.
    private static readonly TimeSpan stopTimeout = TimeSpan.FromSeconds(20);
    private static readonly HttpClient http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { Timeout = TimeSpan.FromSeconds(5) };

    private readonly List<Replica> replicas = [];
    private readonly List<ReplicaDoor> doors = [];

    internal override int Replicas => project.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;

    internal override async Task<ManagedProcess?> StartAsync(LaunchContext context, CancellationToken cancellationToken)
    {
        // The generated metadata classes carry the output's path; the official interface has no member for it.
        if (metadata.GetType().GetProperty("TargetPath")?.GetValue(metadata) is not string assembly || !File.Exists(assembly))
            throw new DistributedApplicationException($"The project '{project.Name}' ({metadata.ProjectPath}) has not been built: build the AppHost, which builds it.");
        var given = new Dictionary<string, string>();
        foreach (var annotation in project.Annotations.OfType<EnvironmentAnnotation>())
            await annotation.Apply(given, cancellationToken);
        var ports = project.Endpoints().ToDictionary(e => e, e => Replicas == 1 ? e.AllocatedPort.Result : Ports.Free());
        var process = ManagedProcess.Start(context, NameOf(replicas.Count + 1), DotNet, [assembly], Path.GetDirectoryName(metadata.ProjectPath)!, Signal.Terminate, environment =>
        {
            var own = new Dictionary<string, string>();
            EnvironmentContract.Telemetry(project.Name, context.Configuration, own);
            EnvironmentContract.Urls(project, settings, e => ports[e], own);
            foreach (var (name, value) in own.Concat(given))
                environment[name] = value;
            if (settings.LaunchProfile is not null)
                environment["DOTNET_LAUNCH_PROFILE"] = settings.LaunchProfile;
            foreach (var (name, value) in settings.Environment)
                environment.TryAdd(name, value);
        }, stopTimeout: stopTimeout);
        replicas.Add(new(process, ports));
        if (Replicas > 1 && replicas.Count == Replicas)
            doors.AddRange(project.Endpoints().Select(e => new ReplicaDoor(e.AllocatedPort.Result, [.. replicas.Select(r => r.Ports[e])])));
        return process;
    }

    internal override void Stopped() => doors.ForEach(door => door.Dispose());

    internal override async Task CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var check in project.Annotations.OfType<HttpHealthCheckAnnotation>())
        {
            var endpoint = project.Endpoints().FirstOrDefault(e => check.EndpointName is null ? e.Name is "http" or "https" : e.Name == check.EndpointName)
                ?? throw new DistributedApplicationException($"'{project.Name}' has no endpoint '{check.EndpointName ?? "http"}' for its health check.");
            foreach (var replica in replicas.Where(r => !r.Process.Exited.IsCompleted))
            {
                using var response = await http.GetAsync(new Uri(new Uri(endpoint.UrlAt(replica.Ports[endpoint])), check.Path), cancellationToken);
                if ((int)response.StatusCode != check.StatusCode)
                    throw new DistributedApplicationException($"{check.Path} of '{project.Name}' answered {(int)response.StatusCode} instead of {check.StatusCode}.");
            }
        }
    }

    private string NameOf(int replica) => Replicas == 1 ? project.Name : string.Create(CultureInfo.InvariantCulture, $"{project.Name}-{replica}");

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host
        : Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";

    private sealed record Replica(ManagedProcess Process, IReadOnlyDictionary<EndpointAnnotation, int> Ports);
}
