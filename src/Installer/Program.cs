using Platform.Installer;
using Platform.Installer.Bundles;
using Platform.Installer.Images.Builds;
using Platform.Installer.Installs;
using Platform.Installer.Packages.Commands;
using Platform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddInstaller();
builder.AddMessaging(bus =>
{
    bus.AddConsumer<InstallConnectorConsumer>();
    bus.AddConsumer<CancelInstallConsumer>();
});
builder.AddGrpcServer();

var app = builder.Build();
app.UseServiceDefaults();
app.MapGetInstallLog();
app.MapStartImageBuild();
app.MapGetImageBuild();
app.MapPackageCommands();
app.MapGrpcService<BundlesService>();
app.Run();
