using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Platform.ServiceDefaults;

/// <summary>What every service has: the first call and the first line after the build of each Program.cs.</summary>
public static class ServiceDefaultsSetup
{
    /// <summary>Telemetry, health, service discovery, problem details, JSON, OpenAPI, internal secret and body limits.</summary>
    /// <param name="requireInternalSecret">False for the gateway alone, which the world calls; it still needs the secret for its own calls.</param>
    public static void AddServiceDefaults(this WebApplicationBuilder builder, bool requireInternalSecret = true)
    {
        ProcessMemory.Hide();
        InternalSecret.TakeFromEnvironment(builder.Configuration);
        FaultPoints.Configure(builder.Configuration);
        builder.AddTelemetry();
        var services = builder.Services;
        services.AddSingleton<InternalSecret>();
        services.AddSingleton(new InternalSecretRequirement(requireInternalSecret));
        services.AddTransient<InternalSecretHandler>();
        services.AddHostedService<InternalSecretCheck>();
        services.AddHostedService<RouteScopeCheck>();
        services.TryAddSingleton<OutboundGuard>();

        services.ConfigureHttpJsonOptions(options => PlatformJson.Apply(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = BodyLimit.Bytes;
        });
        services.AddGrpcDefaults();
        services.AddOpenApi(options =>
        {
            options.CreateSchemaReferenceId = SchemaNames.Of;
            options.AddSchemaTransformer<DescribeSchema>().AddOperationTransformer<DescribeOperation>().AddDocumentTransformer<DescribeDocument>();
        });
        services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [Probes.LiveTag]);

        services.AddServiceDiscovery();
        // No resilience handler: its total time-out would cut gRPC streams, which last as long as a run. Callers set deadlines and retry what is safe.
        services.ConfigureHttpClientDefaults(http => http.AddServiceDiscovery());
    }

    /// <summary>An HttpClient for another service, by its name: <c>http://{service}</c> with the internal secret.</summary>
    public static IHttpClientBuilder AddInternalHttpClient(this IHostApplicationBuilder builder, string service) =>
        builder.Services
            .AddHttpClient(service, client => client.BaseAddress = new Uri($"http://{service}"))
            .AddHttpMessageHandler<InternalSecretHandler>();

    /// <summary>Problem details, the checks of secret and scopes, and the routes <c>/health</c>, <c>/alive</c>, <c>/openapi/v1.json</c> and, with gRPC, its health service.</summary>
    public static void UseServiceDefaults(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.Use((context, next) => BodyLimit.LiftForGrpcAsync(context, next));
        if (app.Services.GetRequiredService<InternalSecretRequirement>().Required)
            app.UseMiddleware<InternalSecretMiddleware>();
        app.UseMiddleware<ScopeMiddleware>();
        // The gateway asks later who it is, and then does this itself.
        if (app.Services.GetRequiredService<InternalSecretRequirement>().Required)
            app.UseQueryNames();
        Probes.Map(app);
        GrpcSetup.MapGrpcHealth(app);
        app.MapOpenApi();
    }

    private sealed record InternalSecretRequirement(bool Required);
}
