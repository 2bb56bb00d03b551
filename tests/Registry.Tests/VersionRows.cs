using Npgsql;

namespace Platform.Registry.Tests;

/// <summary>Rows of Registry's database, made and read beside it.</summary>
internal sealed class VersionRows(string database) : IDisposable
{
    private readonly NpgsqlDataSource source = NpgsqlDataSource.Create(database);

    public string Database => database;

    /// <summary>A version as an answer of Installer leaves it; the connector is new.</summary>
    public async Task<Guid> CheckingAsync(string connector, char digest = 'a')
    {
        var install = Guid.CreateVersion7();
        await ExecuteAsync($$"""
            INSERT INTO installs (id, connector, manifest, state, stage, version, digest, last_sent_at)
            VALUES ('{{install}}', '{{connector}}', '{{Manifest(connector)}}', 'running', 'checking', 1, repeat('{{digest}}', 64), now());
            INSERT INTO connectors (name, current_version, last_version) VALUES ('{{connector}}', 0, 1);
            INSERT INTO connector_versions (connector, number, manifest, digest, size_bytes, install_id, state)
            VALUES ('{{connector}}', 1, '{{Manifest(connector)}}', repeat('{{digest}}', 64), 1, '{{install}}', 'checking')
            """);
        return install;
    }

    /// <summary>A connector with these versions, whose bundles are 1111…, 2222… and so on.</summary>
    /// <param name="states">Of version 1, 2, 3 ….</param>
    public async Task ConnectorAsync(string connector, int current, params string[] states)
    {
        await ExecuteAsync($"INSERT INTO connectors (name, current_version, last_version) VALUES ('{connector}', {current}, {states.Length})");
        foreach (var (number, state) in states.Select((state, i) => (i + 1, state)))
            await ExecuteAsync($$"""
                INSERT INTO connector_versions (connector, number, manifest, digest, size_bytes, install_id, state)
                VALUES ('{{connector}}', {{number}}, '{{Manifest(connector)}}', repeat('{{number}}', 64), 1, '{{Guid.CreateVersion7()}}', '{{state}}')
                """);
    }

    public Task UnusedAsync(char digest) => ExecuteAsync($"INSERT INTO unused_bundles (digest, unused_since) VALUES (repeat('{digest}', 64), now() - interval '1 h')");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<T?> ValueAsync<T>(string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is T value ? value : default;
    }

    public Task<long> CountAsync(string what) => ValueAsync<long>($"SELECT count(*) FROM {what}")!;

    public Task<string?> StateOf(Guid install) => ValueAsync<string>($"SELECT state FROM installs WHERE id = '{install}'");

    /// <summary>Number, state and * for the current one, the latest first.</summary>
    public Task<string?> VersionsOf(string connector) => ValueAsync<string>($"""
        SELECT string_agg(number || ' ' || state || CASE WHEN number = current_version THEN '*' ELSE '' END, ', ' ORDER BY number DESC)
        FROM connector_versions JOIN connectors ON name = connector WHERE connector = '{connector}'
        """);

    public async Task<NpgsqlConnection> OpenAsync() => await source.OpenConnectionAsync(TestContext.Current.CancellationToken);

    public void Dispose() => source.Dispose();

    private static string Manifest(string connector) => $$"""{"name": "{{connector}}", "source": "Local", "uri": "/srv/x", "command": "./run"}""";
}
