using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Images;
using Platform.Installer.Images.Builds;
using Platform.Installer.Installs;
using Platform.Installer.Packages;
using Platform.Installer.Packages.Commands;
using Platform.Installer.Services;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer;

internal static class InstallerSetup
{
    public static void AddInstaller(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<LocalOptions>().BindConfiguration(LocalOptions.Section);
        services.AddOptions<InstallOptions>().BindConfiguration(InstallOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<GitOptions>().BindConfiguration(GitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<DataFolder>();
        services.AddSingleton<LocalRoots>().AddSingleton<LocalSource>().AddSingleton<Git>().AddSingleton<VcsSource>();
        services.AddSingleton<Download>().AddSingleton<Archives>().AddSingleton<HttpSource>().AddSingleton<FetchSource>();
        services.AddSingleton<Sandbox>().AddSingleton<BuildSource>().AddSingleton<ProtoSource>().AddSingleton<CompileProtos>();
        services.AddContainerEngine();
        services.AddSingleton<EngineImages>().AddSingleton<ClassicBuilder>().AddSingleton<BuildKitBuilder>().AddSingleton<BuildImage>().AddSingleton<ImageSource>().AddSingleton<ServerSource>().AddSingleton<PrepareService>();
        services.AddSingleton<PackageImage>().AddSingleton<PreparePackage>();
        services.AddPackageCommands();
        services.AddSingleton<ImageBuilds>().AddHostedService(provider => provider.GetRequiredService<ImageBuilds>());
        services.AddSingleton<BundleStore>().AddSingleton<PackBundle>().AddSingleton<UnpackBundle>();
        services.AddSingleton<InstallStatuses>().AddSingleton<InstallLogs>().AddSingleton<OldInstalls>().AddSingleton<UpdateFiles>().AddSingleton<InstallSteps>().AddSingleton<RunInstall>().AddSingleton<AnswerInstall>();
        // Before the bus, which hands it commands.
        services.AddSingleton<InstallQueue>().AddHostedService(provider => provider.GetRequiredService<InstallQueue>());
    }
}
