using System.Diagnostics;
using System.Text.Json;
using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Installs;

/// <summary>
/// Makes the row of an install, which is the request for it: whatever asks for one (a manifest, an update, a lock file) begins it here.
/// After the commit, <see cref="InstallSender.Wake"/> sends it at once instead of within two seconds.
/// </summary>
internal static class BeginInstall
{
    public const string Install = "install";
    public const string Update = "update";
    public const string Restore = "restore";

    /// <param name="transaction">The caller's own; null: the row is there at once.</param>
    /// <param name="kind">One of the names above.</param>
    /// <exception cref="ProblemException">409 <c>install_running</c>: of this connector there is one already, at <c>location</c>.</exception>
    public static async Task<InstallRow> BeginAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, Manifest manifest, string kind, InstalledVersion? updateFrom, SourcePin? pin,
        string? actor, CancellationToken cancel)
    {
        var parameters = new
        {
            id = Guid.CreateVersion7(),
            manifest.Name,
            manifest = Json(manifest),
            kind,
            updateFrom = Json(updateFrom),
            pin = Json(pin),
            actor,
            traceparent = Activity.Current?.Id,
        };
        while (true)
        {
            var row = await connection.QuerySingleOrDefaultAsync<InstallRow>(new CommandDefinition($"""
                INSERT INTO installs (id, connector, manifest, kind, update_from, pin, actor, traceparent)
                VALUES (@id, @Name, @manifest::jsonb, @kind, @updateFrom::json, @pin::json, @actor, @traceparent)
                ON CONFLICT (connector) WHERE state IN ('queued', 'running') DO NOTHING
                RETURNING {InstallRow.Columns}
                """, parameters, transaction, cancellationToken: cancel));
            if (row is not null) return row;

            if (await FindRunningAsync(connection, transaction, manifest.Name, cancel) is { } running) throw Errors.InstallRunning(manifest.Name, running);
            // It ended between the two statements: the way is free.
        }
    }

    /// <returns>The connector's install that has not ended; null when there is none.</returns>
    public static Task<Guid?> FindRunningAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string connector, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
            "SELECT id FROM installs WHERE connector = @connector AND state IN ('queued', 'running')", new { connector }, transaction, cancellationToken: cancel));

    private static string? Json<T>(T? value) where T : class => value is null ? null : JsonSerializer.Serialize(value, PlatformJson.Options);
}
