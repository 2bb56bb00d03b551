using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;

namespace Platform.ServiceDefaults;

/// <summary>One numbered SQL file: <c>Migrations/0001_name.sql</c>, embedded into its assembly.</summary>
public sealed record Migration(int Version, string Name, string Sql);

/// <summary>Brings a database to the newest version of a component: in order, one transaction each, one process at a time.</summary>
public static partial class Migrator
{
    /// <summary>Of the whole database, whichever component; any number that nobody else uses.</summary>
    private const long LockKey = 0x506C_6174_666F_726D;

    /// <summary>The migrations embedded in an assembly below a folder named Migrations; their numbers must be 1, 2, 3….</summary>
    public static IReadOnlyList<Migration> Read(Assembly assembly)
    {
        var found = new List<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames())
        {
            if (FileName().Match(resource) is not { Success: true } match)
                continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            found.Add(new Migration(int.Parse(match.Groups["version"].ValueSpan), match.Groups["name"].Value, reader.ReadToEnd()));
        }
        found.Sort((a, b) => a.Version.CompareTo(b.Version));
        if (found.Where((m, i) => m.Version != i + 1).FirstOrDefault() is { } odd)
            throw new InvalidOperationException($"{assembly.GetName().Name}: migration {odd.Version:0000}_{odd.Name} is out of order: numbers must be unique and without gaps.");
        return found;
    }

    /// <summary>Applies what is missing. Safe to call from several processes at once.</summary>
    /// <param name="connectionString">Used for connections of its own, outside any pool, so that the lock ends with them.</param>
    /// <exception cref="InvalidOperationException">The database was written by a newer version of the component.</exception>
    public static async Task ApplyAsync(
        string connectionString, string component, IReadOnlyList<Migration> migrations, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 };
        await using var lockHolder = new NpgsqlConnection(settings.ConnectionString);
        await lockHolder.OpenAsync(cancellationToken);
        await ExecuteAsync(lockHolder, null, "select pg_advisory_lock($1)", cancellationToken, LockKey);

        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(
            connection, null, "create table if not exists schema_versions (component text primary key, version int not null)", cancellationToken);
        var current = await ExecuteAsync(connection, null, "select version from schema_versions where component = $1", cancellationToken, component) as int? ?? 0;
        if (current > migrations.Count)
            throw new InvalidOperationException(
                $"Database {settings.Database} holds version {current} of {component}, this program knows only {migrations.Count}. " +
                "Start the version that wrote it or a later one, or restore a backup from before the upgrade.");
        foreach (var migration in migrations.Skip(current))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, transaction, migration.Sql, cancellationToken);
            await ExecuteAsync(
                connection, transaction,
                "insert into schema_versions (component, version) values ($1, $2) on conflict (component) do update set version = excluded.version",
                cancellationToken, component, migration.Version);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    private static async Task<object?> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    [GeneratedRegex(@"\.Migrations\.(?<version>\d{4})_(?<name>[A-Za-z0-9_-]+)\.sql$")]
    private static partial Regex FileName();
}
