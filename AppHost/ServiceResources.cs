namespace Platform.AppHost;

/// <summary>What several services get alike.</summary>
internal static class ServiceResources
{
    internal static IResourceBuilder<ProjectResource> WithInternalSecret(this IResourceBuilder<ProjectResource> service, IResourceBuilder<ParameterResource> secret) =>
        service.WithEnvironment("Internal__Secret", secret);

    internal static IResourceBuilder<ProjectResource> WithDataDirectory(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        service.WithEnvironment("Data__Directory", Path.Combine(settings.DataDirectory, service.Resource.Name));

    internal static IResourceBuilder<ProjectResource> WithLocalRoots(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        service.WithList("Local__Roots", settings.LocalRoots).WithList("Local__Never", [settings.DataDirectory]);

    internal static IResourceBuilder<ProjectResource> WithOutboundAllowList(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        service.WithList("Outbound__Allow", settings.OutboundAllow);

    internal static IResourceBuilder<ProjectResource> WithCatalogs(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        service.WithList("Catalog__Sources", settings.Catalogs);

    internal static IResourceBuilder<ProjectResource> WithReadablePaths(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        service.WithList("Connectors__ReadablePaths", settings.ReadablePaths);

    /// <param name="socket">Null: the service looks for an engine itself.</param>
    internal static IResourceBuilder<ProjectResource> WithContainers(this IResourceBuilder<ProjectResource> service, string? socket) =>
        socket is null ? service : service.WithEnvironment("Containers__Socket", socket);

    internal static IResourceBuilder<ProjectResource> WithFixedPort(this IResourceBuilder<ProjectResource> service, PlatformSettings settings) =>
        settings.GatewayPort is { } port ? service.WithEndpoint("http", endpoint => endpoint.Port = port) : service;

    private static IResourceBuilder<ProjectResource> WithList(this IResourceBuilder<ProjectResource> service, string section, IReadOnlyList<string> values)
    {
        foreach (var (name, value) in PlatformSettings.Indexed(section, values))
            service.WithEnvironment(name, value);
        return service;
    }
}
