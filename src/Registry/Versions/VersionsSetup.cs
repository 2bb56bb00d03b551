using Platform.Installer.V1;
using Platform.Runner.V1;
using Platform.ServiceDefaults;

namespace Platform.Registry.Versions;

internal static class VersionsSetup
{
    /// <summary>Checks, pruning and the removal of bundles, with the clients of Runner and Installer that they need.</summary>
    public static void AddVersions(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<VersionSettings>().BindConfiguration(VersionSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.AddInternalGrpcClient<Runner.V1.Runner.RunnerClient>("runner");
        builder.AddInternalGrpcClient<Bundles.BundlesClient>("installer");
        builder.Services.AddSingleton<BundleUse>().AddSingleton<VersionCheck>();
        builder.Services.AddSingleton<CheckVersions>().AddHostedService(services => services.GetRequiredService<CheckVersions>());
        builder.Services.AddSingleton<PruneVersions>().AddHostedService(services => services.GetRequiredService<PruneVersions>());
        builder.Services.AddSingleton<RemoveBundles>().AddHostedService(services => services.GetRequiredService<RemoveBundles>());
    }

    public static void MapVersions(this IEndpointRouteBuilder routes)
    {
        UpdateConnector.Map(routes);
        RollBack.Map(routes);
        ReadVersions.Map(routes);
        DeleteVersion.Map(routes);
        DeleteConnector.Map(routes);
    }
}
