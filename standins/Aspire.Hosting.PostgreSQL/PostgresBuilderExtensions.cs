using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Postgres;

namespace Aspire.Hosting;

public static class PostgresBuilderExtensions
{
    /// <summary>Here the locally installed server, as a private child process, where the official package runs an image.</summary>
    public static IResourceBuilder<PostgresServerResource> AddPostgres(
        this IDistributedApplicationBuilder builder, string name, IResourceBuilder<ParameterResource>? userName = null, IResourceBuilder<ParameterResource>? password = null, int? port = null)
    {
        var secret = password?.Resource ?? ParameterResourceBuilderExtensions.Password(builder, $"{name}-password", special: false);
        var server = new PostgresServerResource(name, userName?.Resource, secret);
        server.Endpoint.Port = port;
        server.Annotations.Add(server.Endpoint);
        server.Annotations.Add(new PostgresLauncher(server));
        return builder.AddResource(server);
    }

    public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
        this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null)
    {
        var database = new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource);
        database.Annotations.Add(new DatabaseLauncher(database));
        builder.Resource.AddDatabase(name, database.DatabaseName);
        return builder.ApplicationBuilder.AddResource(database);
    }

    public static IResourceBuilder<PostgresServerResource> WithDataVolume(
        this IResourceBuilder<PostgresServerResource> builder, string? name = null, bool isReadOnly = false)
    {
        if (isReadOnly)
            throw new NotSupportedException("A private server needs to write its data.");
        var volume = new DataVolumeAnnotation(name ?? $"{builder.Resource.Name}-data");
        if (builder.Resource.PasswordParameter.Default is { } generate)
        {
            builder.Resource.PasswordParameter.Default = new StoredParameterDefault(
                () => Path.Combine(volume.Folder(builder.ApplicationBuilder.Configuration), "password"), generate);
        }
        return builder.Annotate(volume);
    }
}
