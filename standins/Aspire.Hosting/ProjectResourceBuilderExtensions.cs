using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;

namespace Aspire.Hosting;

public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>The whole path of the project file.</summary>
    string ProjectPath { get; }
}

public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        var metadata = new TProject();
        var resource = builder.AddResource(new ProjectResource(name));
        var settings = ProjectSettings.Read(metadata.ProjectPath);
        resource.Resource.Annotations.Add(metadata);
        resource.Resource.Annotations.Add(new ProjectLauncher(resource.Resource, metadata, settings));
        foreach (var endpoint in settings.KestrelEndpoints.Count > 0 ? settings.KestrelEndpoints : settings.LaunchProfileEndpoints)
        {
            resource.Resource.Annotations.Add(new EndpointAnnotation(endpoint.Name, endpoint.Url.Scheme, endpoint.Http2Only ? "http2" : "http", endpoint.Url.Port)
            {
                TargetHost = endpoint.Url.Host,
                FromKestrelConfiguration = settings.KestrelEndpoints.Count > 0,
            });
        }
        return resource;
    }

    /// <summary>Each replica is a process with ports of its own; the resource's endpoints lead to one that takes the connection.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
        builder.Annotate(new ReplicaAnnotation(replicas));
}

internal sealed record ReplicaAnnotation(int Replicas) : IResourceAnnotation;
