using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.RabbitMQ;

namespace Aspire.Hosting;

public static class RabbitMQBuilderExtensions
{
    /// <summary>Here the locally installed broker, as a private child process, where the official package runs an image.</summary>
    public static IResourceBuilder<RabbitMQServerResource> AddRabbitMQ(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        // It goes into a URI: no special characters.
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.Password(builder, $"{name}-password", special: false);
        var server = new RabbitMQServerResource(name, userName?.Resource, secret);
        server.Endpoint.Port = port;
        server.Annotations.Add(server.Endpoint);
        server.Annotations.Add(new RabbitMQLauncher(server));
        return builder.AddResource(server);
    }

    public static IResourceBuilder<RabbitMQServerResource> WithDataVolume(
        this IResourceBuilder<RabbitMQServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        if (isReadOnly)
            throw new NotSupportedException("A private broker needs to write its data.");
        var volume = new DataVolumeAnnotation(name ?? $"{builder.Resource.Name}-data");
        if (builder.Resource.PasswordParameter.Default is { } generate)
        {
            builder.Resource.PasswordParameter.Default = new StoredParameterDefault(
                () => Path.Combine(volume.Folder(builder.ApplicationBuilder.Configuration), "password"), generate);
        }
        return builder.Annotate(volume);
    }
}
