using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Platform.Benchmarks.Processes;

namespace Platform.Benchmarks.Loads;

/// <summary>
/// The private server of the platform as <c>./platform up</c> starts it with data that stay: everything is written to disk as PostgreSQL does by
/// default. (One with throw-away data has fsync and synchronous_commit off.)
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string Resource = "postgres";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    private readonly DistributedApplication application;
    private readonly string connectionString;
    private readonly NpgsqlDataSource outside;
    private int postmaster;

    private PostgresServer(DistributedApplication application, string connectionString)
    {
        this.application = application;
        this.connectionString = connectionString;
        outside = NpgsqlDataSource.Create(ConnectionString("postgres"));
    }

    /// <param name="folder">For its data; the server's own user must be able to reach it.</param>
    public static async Task<PostgresServer> StartAsync(string folder)
    {
        using var limit = new CancellationTokenSource(StartLimit);
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.Configuration["Standins:DataDirectory"] = folder;
        builder.AddPostgres(Resource).WithDataVolume("bench");
        var application = await builder.BuildAsync(limit.Token);
        try
        {
            await application.StartAsync(limit.Token);
            await application.ResourceNotifications.WaitForResourceHealthyAsync(Resource, limit.Token);
            var server = new PostgresServer(application, (await application.GetConnectionStringAsync(Resource, limit.Token))!);
            await server.ExecuteAsync(server.ConnectionString("postgres"), "CREATE EXTENSION pg_stat_statements");
            server.postmaster = await server.FindPostmasterAsync();
            return server;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>The process was told to end: the server's host takes SIGINT and SIGTERM to itself.</summary>
    public CancellationToken Stopping => application.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString;

    public Task CreateDatabaseAsync(string name) => ExecuteAsync(ConnectionString("postgres"), $"CREATE DATABASE \"{name}\"");

    public async Task ExecuteAsync(string database, string sql, int limitSeconds = 60)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = limitSeconds };
        await command.ExecuteNonQueryAsync();
    }

    /// <returns>Settings that decide about speed, for the result file.</returns>
    public async Task<string> DescribeAsync()
    {
        await using var command = outside.CreateCommand(
            "SELECT version() || ', ' || string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings " +
            "WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size', 'wal_level', 'autovacuum')");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private async Task<int> FindPostmasterAsync()
    {
        // The first line of postmaster.pid.
        await using var command = outside.CreateCommand("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    public async Task ResetStatementsAsync()
    {
        await using var command = outside.CreateCommand("SELECT pg_stat_statements_reset()");
        await command.ExecuteNonQueryAsync();
    }

    /// <returns>Written by statements that write to the table or read it, since the last reset.</returns>
    /// <exception cref="InvalidOperationException">There was no such statement: nothing written would mean nothing.</exception>
    public async Task<long> WalBytesAsync(string database, string table)
    {
        await using var command = outside.CreateCommand(
            "SELECT sum(wal_bytes)::bigint FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1 AND query ~* $2");
        command.Parameters.Add(new() { Value = database });
        command.Parameters.Add(new() { Value = $@"\m(into|update|copy|from|join)\s+{table}\M" });
        return await command.ExecuteScalarAsync() as long?
            ?? throw new InvalidOperationException($"pg_stat_statements has no statement on {table} in {database}.");
    }

    /// <summary>Of all its processes since its start.</summary>
    public TimeSpan ProcessorTime => ProcessorTimes.OfFamily(postmaster);

    public async ValueTask DisposeAsync()
    {
        await outside.DisposeAsync();
        await application.DisposeAsync();
    }
}
