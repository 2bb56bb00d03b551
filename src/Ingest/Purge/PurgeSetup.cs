namespace Platform.Ingest.Purge;

internal static class PurgeSetup
{
    public static void AddPurge(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<PurgeOptions>().BindConfiguration(PurgeOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PurgeOld>().AddHostedService<PurgeTimer>();
    }
}
