namespace Platform.Runner.Bundles;

internal static class BundlesSetup
{
    public static void AddBundles(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<DataSettings>().BindConfiguration(DataSettings.Section)
            .Validate(data => Path.IsPathRooted(data.Directory), "Data:Directory has to be set to an absolute folder.").ValidateOnStart();
        builder.Services.AddOptions<BundleSettings>().BindConfiguration(BundleSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BundleFolders>().AddSingleton<BundleCache>().AddSingleton<FindBundlesInUse>();
        builder.Services.AddHostedService<CleanBundlesAtStart>();
    }
}
