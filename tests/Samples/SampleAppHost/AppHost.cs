using Microsoft.Extensions.Configuration;

var builder = DistributedApplication.CreateBuilder(args);
var secret = builder.AddParameter("sample-secret", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true);
var given = builder.AddParameter("given", secret: true);

var persistent = builder.Configuration.GetValue("Sample:Persistent", false);
var postgres = builder.AddPostgres("postgres");
var messaging = builder.AddRabbitMQ("messaging");
if (persistent)
{
    postgres.WithDataVolume("postgres-data");
    messaging.WithDataVolume("messaging-data");
}
var database = postgres.AddDatabase("sample-db");

// Named before the web project exists in the model's order: addresses are known only when the application starts.
var second = builder.AddProject<Projects.SampleWeb>("second").WithHttpHealthCheck("/health");
var web = builder.AddProject<Projects.SampleWeb>("web")
    .WithReference(database).WaitFor(database)
    .WithReference(messaging).WaitFor(messaging)
    .WithEnvironment("SAMPLE_SECRET", secret)
    .WithEnvironment("SAMPLE_GIVEN", given)
    .WithEnvironment("SAMPLE_CHILD", "true")
    .WithHttpHealthCheck("/health");
second.WithReference(web).WaitFor(web);

builder.Build().Run();
