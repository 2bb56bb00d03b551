using Platform.Registry.Catalog;
using Platform.Registry.Connections;
using Platform.Registry.Connectors;
using Platform.Registry.Installs;
using Platform.Registry.Lock;
using Platform.Registry.Manifests;
using Platform.Registry.Versions;
using Platform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDatabase("registry-db", preparedStatements: 20);
builder.AddOutbox("registry-db");
builder.AddKeyRing();
builder.AddMessaging(x =>
{
    x.AddConsumer<InstallFinishedConsumer>();
    x.AddConsumer<InstallProgressedConsumer>();
});
builder.AddGrpcServer();
builder.Services.AddSingleton<ManifestDownload>();
builder.Services.AddOptions<CatalogOptions>().BindConfiguration(CatalogOptions.Section);
builder.Services.AddSingleton<CatalogIndexes>().AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<InstallSender>();
builder.Services.AddHostedService(services => services.GetRequiredService<InstallSender>());
builder.AddVersions();

var app = builder.Build();
app.UseServiceDefaults();
app.MapGrpcService<RegistryGrpc>();
RequestInstall.Map(app);
ReadConnectors.Map(app);
ReadSpecification.Map(app);
ReadInstalls.Map(app);
ReadCatalog.Map(app);
ReadLock.Map(app);
ApplyLock.Map(app);
RequestCancel.Map(app);
app.MapVersions();
CreateConnection.Map(app);
ReadConnections.Map(app);
UpdateConnection.Map(app);
DeleteConnection.Map(app);
app.Run();
