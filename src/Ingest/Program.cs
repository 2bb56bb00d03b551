using Platform.Ingest;
using Platform.Ingest.Close;
using Platform.Ingest.Load;
using Platform.Ingest.Objects;
using Platform.Ingest.Purge;
using Platform.Ingest.Rejects;
using Platform.Ingest.States;
using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddDatabase(Databases.Ingest);
builder.AddOutbox(Databases.Ingest);
builder.AddInternalGrpcClient<RegistryClient>("registry");
builder.AddLoad();
builder.AddPurge();
builder.Services.AddSingleton<CloseRun>().AddSingleton<GetOutcome>().AddSingleton<SweepRun>();
builder.Services.AddSingleton<StateChange>().AddSingleton<ReplayReject>();
builder.AddObjects();

var app = builder.Build();
app.UseServiceDefaults();
app.MapGrpcService<IngestService>();
app.MapListObjects();
app.MapExportObjects();
app.MapStates();
app.MapRejects();
app.Run();
