using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Platform.Servers;

namespace Platform.ServiceDefaults.Tests;

public sealed class MigratorTests(ServersFixture servers)
{
    private static readonly Migration First = new(1, "things", "create table things (id int primary key); insert into things values (1);");
    private static readonly Migration Second = new(2, "names", "alter table things add name text not null default 'a';");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<object?> ScalarAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    [Fact]
    public async Task A_fresh_database_gets_every_version_and_a_repetition_changes_nothing()
    {
        var database = servers.PostgresConnectionString("migrator");

        await Migrator.ApplyAsync(database, "test", [First, Second], Cancellation);
        await Migrator.ApplyAsync(database, "test", [First, Second], Cancellation);

        Assert.Equal(2, await ScalarAsync(database, "select version from schema_versions where component = 'test'"));
        Assert.Equal("a", await ScalarAsync(database, "select name from things"));
    }

    [Fact]
    public async Task Only_what_is_missing_is_applied_and_components_do_not_meet()
    {
        var database = servers.PostgresConnectionString("migrator");

        await Migrator.ApplyAsync(database, "test", [First], Cancellation);
        await Migrator.ApplyAsync(database, "other", [new Migration(1, "other", "create table other ()")], Cancellation);
        await Migrator.ApplyAsync(database, "test", [First, Second], Cancellation);

        Assert.Equal("other=1,test=2", await ScalarAsync(
            database, "select string_agg(component || '=' || version, ',' order by component) from schema_versions"));
    }

    [Fact]
    public async Task Three_at_once_on_an_empty_database_apply_once()
    {
        var database = servers.PostgresConnectionString("migrator");

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Migrator.ApplyAsync(database, "test", [First, Second], Cancellation))));

        Assert.Equal(1L, await ScalarAsync(database, "select count(*) from things"));
    }

    [Fact]
    public async Task A_newer_database_is_refused_with_the_remedy()
    {
        var database = servers.PostgresConnectionString("migrator");
        await Migrator.ApplyAsync(database, "test", [First, Second], Cancellation);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrator.ApplyAsync(database, "test", [First], Cancellation));

        Assert.Contains("holds version 2 of test", error.Message, StringComparison.Ordinal);
        Assert.Contains("Start the version that wrote it", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(database).Password!, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_migration_leaves_the_version_before_it()
    {
        var database = servers.PostgresConnectionString("migrator");

        await Assert.ThrowsAsync<PostgresException>(() => Migrator.ApplyAsync(
            database, "test", [First, new Migration(2, "bad", "insert into things values (2); select * from nowhere;")], Cancellation));

        Assert.Equal(1, await ScalarAsync(database, "select version from schema_versions where component = 'test'"));
        Assert.Equal(1L, await ScalarAsync(database, "select count(*) from things"));
    }

    [Fact]
    public async Task A_service_has_migrated_before_it_listens()
    {
        var database = servers.PostgresConnectionString("migrator");
        await using var service = await TestService.StartAsync(
            app => app.MapGet("/version", async (NpgsqlDataSource data) =>
            {
                await using var command = data.CreateCommand("select version from schema_versions where component = 'ServiceDefaults.Tests'");
                return $"{await command.ExecuteScalarAsync()}";
            }),
            builder =>
            {
                builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:test-db", database)]);
                builder.AddDatabase("test-db");
            });

        Assert.Equal("1", await service.Client.GetStringAsync("/version", Cancellation));
        var health = await service.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, health.Status);
        Assert.Contains("PostgreSql", health.Entries.Keys);
    }

    [Fact]
    public async Task A_missing_connection_string_is_named()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new("Internal:Secret", "x")]);
        builder.AddServiceDefaults();
        builder.AddDatabase("absent-db");
        await using var app = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => app.StartAsync(Cancellation));

        Assert.Contains("ConnectionStrings:absent-db", error.Message, StringComparison.Ordinal);
    }
}
