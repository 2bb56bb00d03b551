using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Deletion;

internal static class DeletionSetup
{
    public static void AddDeletion(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PurgeConnection>().AddSingleton<BarConnection>();
        builder.Services.AddSingleton<PurgeDeleted>().AddHostedService(services => services.GetRequiredService<PurgeDeleted>());
        builder.AddEventConsumer<ConnectionDeleted>(EventTypes.ConnectionDeleted, services => services.GetRequiredService<BarConnection>().RunAsync);
    }
}
