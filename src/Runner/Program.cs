using Platform.Contracts;
using Platform.Runner;
using Platform.Runner.AlwaysOn;
using Platform.Runner.Bundles;
using Platform.Runner.Checks;
using Platform.Runner.Describe;
using Platform.Runner.Drivers;
using Platform.Runner.Drivers.Oms;
using Platform.Runner.Invocations;
using Platform.Runner.Logs;
using Platform.Runner.Packages.Check;
using Platform.Runner.Queries;
using Platform.Runner.Runs;
using Platform.Runner.Schedules;
using Platform.Runner.Subscriptions;
using Platform.ServiceDefaults;

// Slim: its memory counts (docs/performance.md), and it needs neither TLS nor HTTP/3.
var builder = WebApplication.CreateSlimBuilder(args);
builder.AddServiceDefaults();
builder.AddDatabase("runner-db", preparedStatements: 40);
builder.AddOutbox("runner-db");
builder.AddMessaging(bus => bus.AddConsumer<RunQueuedConsumer>());
builder.AddInternalGrpcClient<Platform.Registry.V1.Registry.RegistryClient>("registry");
builder.AddInternalGrpcClient<Platform.Installer.V1.Bundles.BundlesClient>("installer");
builder.AddInternalGrpcClient<Platform.Ingest.V1.Ingest.IngestClient>("ingest").ConfigureChannel(c => c.MaxSendMessageSize = null);
builder.AddBundles();
builder.Services.AddConnectorDrivers();
builder.Services.AddLogs();
builder.AddRuns();
builder.Services.AddSingleton<ForgetConnection>();
builder.AddEventConsumer<ConnectionDeleted>(EventTypes.ConnectionDeleted, services => services.GetRequiredService<ForgetConnection>().RunAsync);
// What a replica keeps warm for it, only that replica can end.
builder.AddReplicaEventConsumer<ConnectionDeleted>(EventTypes.ConnectionDeleted, services =>
    (deleted, cancel) => services.GetRequiredService<ConnectorDrivers>().ForgetAsync(deleted.ConnectionId, cancel));
builder.AddAlwaysOn();
builder.AddSchedules();
builder.AddGrpcServer();
builder.Services.AddSingleton<DescribeConnector>().AddSingleton<PrepareConnection>();
builder.Services.AddInvocations();
builder.Services.AddSubscriptions();
builder.Services.AddChecks();
builder.Services.AddQueries();
builder.Services.AddImageCheck();

var app = builder.Build();
app.UseServiceDefaults();
app.MapGrpcService<RunnerService>();
app.MapRuns();
app.MapInvocations();
app.MapChecks();
app.MapQueries();
app.MapSchedules();
app.MapSubscriptions();
app.MapOmsCheck();
app.MapImageCheck();
app.Run();
