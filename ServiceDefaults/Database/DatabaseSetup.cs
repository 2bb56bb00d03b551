using System.Reflection;
using System.Runtime.CompilerServices;
using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Platform.ServiceDefaults;

public static class DatabaseSetup
{
    /// <summary>
    /// Puts the service's NpgsqlDataSource into the container, with a health check, and applies the calling assembly's
    /// <c>Migrations/0001_name.sql…</c> (<c>&lt;EmbeddedResource Include="Migrations/*.sql" /&gt;</c>) before the host accepts work.
    /// Dapper maps <c>created_at</c> to <c>CreatedAt</c> from then on.
    /// </summary>
    /// <param name="connectionName">As in <c>ConnectionStrings:{connectionName}</c>.</param>
    /// <param name="preparedStatements">So many that are used often are kept prepared with each connection, which spares the server reading and planning them anew; 0: none.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void AddDatabase(this IHostApplicationBuilder builder, string connectionName, int preparedStatements = 0)
    {
        var assembly = Assembly.GetCallingAssembly();
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        builder.AddNpgsqlDataSource(connectionName, configureDataSourceBuilder: database =>
        {
            database.ConnectionStringBuilder.MaxAutoPrepare = preparedStatements;
            // With them the reset between two uses of a connection is seven statements. Nothing is left behind that it would undo: settings are local to transactions, locks are given back.
            database.ConnectionStringBuilder.NoResetOnClose = preparedStatements > 0;
        });
        builder.AddMigrations(connectionName, assembly.GetName().Name!, () => Migrator.Read(assembly));
    }

    internal static void AddMigrations(
        this IHostApplicationBuilder builder, string connectionName, string component, Func<IReadOnlyList<Migration>> migrations) =>
        builder.Services.AddSingleton<IHostedService>(services => new MigrateAtStart(
            connectionName, services.GetRequiredService<IConfiguration>().ConnectionString(connectionName),
            component, migrations, services.GetRequiredService<ILogger<MigrateAtStart>>()));

    /// <exception cref="InvalidOperationException">The setting is missing.</exception>
    internal static string ConnectionString(this IConfiguration configuration, string connectionName) =>
        configuration.GetConnectionString(connectionName) is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException(
                $"The setting ConnectionStrings:{connectionName} is missing. Set the environment variable ConnectionStrings__{connectionName}, or start through the AppHost.");
}
