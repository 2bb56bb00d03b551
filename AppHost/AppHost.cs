using Platform.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
var settings = new PlatformSettings(builder);

var internalSecret = builder.AddParameter("internal-secret", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true);
var gatewayToken = builder.AddParameter("gateway-token", secret: true);
// Read by now; what is started from here must not inherit it.
Environment.SetEnvironmentVariable("Parameters__gateway-token", null);

var servers = new Servers(builder, settings);
var registryDb = servers.Database("registry-db");
var runnerDb = servers.Database("runner-db");
var ingestDb = servers.Database("ingest-db");
var gatewayDb = servers.Database("gateway-db");
var messaging = servers.Broker("messaging");
ConnectionsFile.Add(builder, messaging);
// Nobody waits for it: what needs containers finds it once it is there.
var containers = ContainerEngine.Find(builder, settings);

var registry = builder.AddProject<Projects.Registry>("registry")
    .WithReference(registryDb).WaitFor(registryDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithInternalSecret(internalSecret)
    .WithDataDirectory(settings)
    .WithLocalRoots(settings)
    .WithOutboundAllowList(settings)
    .WithCatalogs(settings)
    .WithHttpHealthCheck("/health");

var installer = builder.AddProject<Projects.Installer>("installer")
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(registry)
    .WithInternalSecret(internalSecret)
    .WithDataDirectory(settings)
    .WithLocalRoots(settings)
    .WithOutboundAllowList(settings)
    .WithContainers(containers)
    .WithHttpHealthCheck("/health");

var ingest = builder.AddProject<Projects.Ingest>("ingest")
    .WithReference(ingestDb).WaitFor(ingestDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(registry)
    .WithInternalSecret(internalSecret)
    .WithHttpHealthCheck("/health");

var runner = builder.AddProject<Projects.Runner>("runner")
    .WithReference(runnerDb).WaitFor(runnerDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(registry)
    .WithReference(installer)
    .WithReference(ingest).WaitFor(ingest)
    .WithInternalSecret(internalSecret)
    .WithDataDirectory(settings)
    .WithLocalRoots(settings)
    .WithReadablePaths(settings)
    .WithOutboundAllowList(settings)
    .WithContainers(containers)
    .WithReplicas(settings.RunnerReplicas)
    .WithHttpHealthCheck("/health");

// A new version is started there before connections take it, and a bundle that no version names is removed from the store.
registry.WithReference(runner).WithReference(installer);

builder.AddProject<Projects.Gateway>("gateway")
    .WithReference(gatewayDb).WaitFor(gatewayDb)
    .WithReference(messaging).WaitFor(messaging)
    .WithReference(registry).WaitFor(registry)
    .WithReference(installer).WaitFor(installer)
    .WithReference(runner).WaitFor(runner)
    .WithReference(ingest).WaitFor(ingest)
    .WithInternalSecret(internalSecret)
    .WithOutboundAllowList(settings)
    .WithEnvironment("Gateway__BootstrapToken", gatewayToken)
    .WithFixedPort(settings)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health");

builder.Build().Run();
