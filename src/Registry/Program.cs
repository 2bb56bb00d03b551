using Platform.Registry.Connections;
using Platform.Registry.Connectors;
using Platform.Registry.Installs;
using Platform.Registry.Manifests;
using Platform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDatabase("registry-db");
builder.AddOutbox("registry-db");
builder.AddKeyRing();
builder.AddMessaging(x =>
{
    x.AddConsumer<InstallFinishedConsumer>();
    x.AddConsumer<InstallProgressedConsumer>();
});
builder.AddGrpcServer();
builder.Services.AddSingleton<ManifestDownload>();
builder.Services.AddSingleton<InstallSender>();
builder.Services.AddHostedService(services => services.GetRequiredService<InstallSender>());

var app = builder.Build();
app.UseServiceDefaults();
app.MapGrpcService<RegistryGrpc>();
RequestInstall.Map(app);
ReadConnectors.Map(app);
ReadInstalls.Map(app);
CreateConnection.Map(app);
ReadConnections.Map(app);
app.Run();
