namespace Platform.Ingest.Objects;

internal static class ObjectsSetup
{
    public static void AddObjects(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ObjectsOptions>().BindConfiguration(ObjectsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddMemoryCache().AddSingleton<ConnectionIds>().AddSingleton<ObjectFilters>().AddSingleton<ListObjects>()
            .AddSingleton<ExportDatabase>().AddSingleton<ExportObjects>();
    }
}
