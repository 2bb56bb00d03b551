using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }

    string AppHostDirectory { get; }

    IHostEnvironment Environment { get; }

    IServiceCollection Services { get; }

    IResourceCollection Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    DistributedApplication Build();
}

/// <param name="Testing">Ports are drawn, nothing goes to the console, servers without a volume end without ceremony.</param>
internal sealed record HostingOptions(string[] Args, Assembly? AppHost, bool Testing);

internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder host;
    private readonly HostingOptions options;
    private readonly EntryPointHook? hook = EntryPointHook.Current;

    internal DistributedApplicationBuilder(HostingOptions requested)
    {
        options = hook is null ? requested : requested with { Args = [.. requested.Args, .. hook.Args], AppHost = hook.Assembly, Testing = true };
        AppHostDirectory = DirectoryOf(options.AppHost) ?? Directory.GetCurrentDirectory();
        host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = options.Args,
            ApplicationName = options.AppHost?.GetName().Name,
            ContentRootPath = AppHostDirectory,
        });
        host.Configuration["AppHost:Directory"] = AppHostDirectory;
        if (options.Testing)
            host.Logging.ClearProviders();
        else
            host.Logging.AddFilter("Microsoft", LogLevel.Warning);
        host.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(60));
        host.Services.AddSingleton(options);
        host.Services.AddSingleton(Resources);
        host.Services.AddSingleton(_ => new ResourceNotificationService());
        host.Services.AddSingleton<ResourceLogs>();
        host.Services.AddSingleton<Orchestrator>();
        host.Services.AddHostedService(services => services.GetRequiredService<Orchestrator>());
    }

    public ConfigurationManager Configuration => host.Configuration;

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment => host.Environment;

    public IServiceCollection Services => host.Services;

    public IResourceCollection Resources { get; } = new ResourceCollection();

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (Resources.Any(existing => string.Equals(existing.Name, resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"Cannot add resource '{resource.Name}': a resource of that name already exists.");
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        hook?.BuilderIsReady(this);
        var application = new DistributedApplication(host.Build(), hook);
        hook?.ApplicationIsBuilt(application);
        return application;
    }

    private static string? DirectoryOf(Assembly? appHost) => appHost?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => string.Equals(attribute.Key, "apphostprojectpath", StringComparison.OrdinalIgnoreCase))?.Value;
}
