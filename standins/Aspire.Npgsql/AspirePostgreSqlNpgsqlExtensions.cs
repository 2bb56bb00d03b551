using Aspire.Npgsql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Microsoft.Extensions.Hosting;

public static class AspirePostgreSqlNpgsqlExtensions
{
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder, string connectionName,
        Action<NpgsqlSettings>? configureSettings = null, Action<NpgsqlDataSourceBuilder>? configureDataSourceBuilder = null)
    {
        var settings = new NpgsqlSettings();
        builder.Configuration.GetSection("Aspire:Npgsql").Bind(settings);
        builder.Configuration.GetSection($"Aspire:Npgsql:{connectionName}").Bind(settings);
        if (builder.Configuration.GetConnectionString(connectionName) is { } connectionString)
            settings.ConnectionString = connectionString;
        configureSettings?.Invoke(settings);

        builder.Services.TryAddSingleton(services =>
        {
            if (string.IsNullOrEmpty(settings.ConnectionString))
                throw new InvalidOperationException($"ConnectionString is missing. It should be provided in 'ConnectionStrings:{connectionName}'.");
            var dataSource = new NpgsqlDataSourceBuilder(settings.ConnectionString);
            dataSource.UseLoggerFactory(services.GetService<ILoggerFactory>());
            configureDataSourceBuilder?.Invoke(dataSource);
            return dataSource.Build();
        });
        if (!settings.DisableHealthChecks)
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                "PostgreSql", services => new SelectOne(services.GetRequiredService<NpgsqlDataSource>()), failureStatus: null, tags: null));
    }

    private sealed class SelectOne(NpgsqlDataSource dataSource) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = dataSource.CreateCommand("SELECT 1;");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e)
            {
                return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
            }
        }
    }
}
