using Platform.Runner;
using Platform.Runner.Bundles;
using Platform.Runner.Describe;
using Platform.Runner.Drivers;
using Platform.Runner.Runs;
using Platform.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDatabase("runner-db");
builder.AddOutbox("runner-db");
builder.AddMessaging(bus => bus.AddConsumer<RunQueuedConsumer>());
builder.AddInternalGrpcClient<Platform.Registry.V1.Registry.RegistryClient>("registry");
builder.AddInternalGrpcClient<Platform.Installer.V1.Bundles.BundlesClient>("installer");
builder.AddInternalGrpcClient<Platform.Ingest.V1.Ingest.IngestClient>("ingest").ConfigureChannel(c => c.MaxSendMessageSize = null);
builder.AddBundles();
builder.Services.AddConnectorDrivers();
builder.AddRuns();
builder.AddGrpcServer();
builder.Services.AddSingleton<DescribeConnector>();

var app = builder.Build();
app.UseServiceDefaults();
app.MapGrpcService<RunnerService>();
app.MapRuns();
app.Run();
