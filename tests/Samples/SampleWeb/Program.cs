// A service that tells what it was given, and that ends, hangs or leaves children behind when it is told to.
using System.Diagnostics;

if (Environment.GetEnvironmentVariable("SAMPLE_EXIT") is { } code)
{
    Console.Error.WriteLine("the sample gives up");
    return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
}

// A child in a session of its own, as a connector might make one.
Process? child = Environment.GetEnvironmentVariable("SAMPLE_CHILD") is not null ? Process.Start("setsid", ["sleep", "3600"]) : null;

var builder = WebApplication.CreateBuilder(args);
var app = builder.Build();
app.MapGet("/health", () => Environment.GetEnvironmentVariable("SAMPLE_UNHEALTHY") is null ? Results.Ok() : Results.StatusCode(503));
app.MapGet("/environment", () => Environment.GetEnvironmentVariables());
app.MapGet("/ids", () => new[] { Environment.ProcessId, child?.Id ?? 0 });
app.MapPost("/exit/{code}", (int code) => Environment.Exit(code));
await app.RunAsync();
return 0;
