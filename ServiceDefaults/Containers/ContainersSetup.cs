using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Platform.ServiceDefaults;

public static class ContainersSetup
{
    /// <summary>The <see cref="ContainerEngine"/>. A machine without one is no reason not to start.</summary>
    public static void AddContainerEngine(this IServiceCollection services)
    {
        services.AddOptions<ContainerSettings>().BindConfiguration(ContainerSettings.Section);
        services.TryAddSingleton<ContainerEngine>();
    }
}
