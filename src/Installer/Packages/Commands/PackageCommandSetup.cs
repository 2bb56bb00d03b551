namespace Platform.Installer.Packages.Commands;

internal static class PackageCommandSetup
{
    public static void AddPackageCommands(this IServiceCollection services) => services
        .AddSingleton<CommandWork>().AddSingleton<FetchPackage>().AddSingleton<RunLine>().AddSingleton<RunContainer>().AddSingleton<RunCommand>()
        .AddSingleton<StagedFolder>().AddSingleton<ChangeFolder>()
        .AddSingleton<ValidateImage>().AddSingleton<UpdateConfiguration>().AddSingleton<UpgradeConfiguration>();

    public static void MapPackageCommands(this IEndpointRouteBuilder routes)
    {
        ValidateImage.Map(routes);
        UpdateConfiguration.Map(routes);
        UpgradeConfiguration.Map(routes);
    }
}
