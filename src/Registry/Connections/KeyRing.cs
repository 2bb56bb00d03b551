using System.Security.Cryptography;
using Dapper;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace Platform.Registry.Connections;

/// <summary>The keys on disk, and the check at start that they belong to the rows in the database.</summary>
internal static class KeyRing
{
    public static IHostApplicationBuilder AddKeyRing(this IHostApplicationBuilder builder)
    {
        var data = builder.Configuration["Data:Directory"];
        if (string.IsNullOrEmpty(data) || !Path.IsPathFullyQualified(data))
            throw new InvalidOperationException("The setting Data:Directory must name the absolute folder of this service's files.");

        var keys = Directory.CreateDirectory(Path.Combine(data, "keys"));
        if (!OperatingSystem.IsWindows())
            keys.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

        // Without a fixed application name the keys would depend on the folder that the program runs in.
        builder.Services.AddDataProtection().SetApplicationName("Platform.Registry").PersistKeysToFileSystem(keys);
        builder.Services.AddSingleton<OptionsVault>();
        builder.Services.AddHostedService<KeyRingCheck>();
        return builder;
    }
}

/// <summary>
/// Refuses to start over rows whose keys are lost: going on would make new keys beside options that nobody can ever read again.
/// </summary>
internal sealed class KeyRingCheck(NpgsqlDataSource database, OptionsVault vault) : IHostedService
{
    private sealed record Sample(Guid Connection, byte[] Ciphertext);

    public async Task StartAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        if (await OpenSamplesAsync(connection, cancel) > 0) return;
        await connection.ExecuteAsync(new CommandDefinition(
            "INSERT INTO key_canary (ciphertext) VALUES (@ciphertext) ON CONFLICT DO NOTHING",
            new { ciphertext = vault.Protect(Guid.Empty, "canary"u8) }, cancellationToken: cancel));
        // Another replica, with another folder, may have been first.
        await OpenSamplesAsync(connection, cancel);
    }

    public Task StopAsync(CancellationToken cancel) => Task.CompletedTask;

    private async Task<int> OpenSamplesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var samples = (await connection.QueryAsync<Sample>(new CommandDefinition("""
            SELECT '00000000-0000-0000-0000-000000000000'::uuid AS connection, ciphertext FROM key_canary
            UNION ALL
            -- Bytes 5 to 20 of what Data Protection writes name the key: one sample of each.
            (SELECT DISTINCT ON (substring(options_ciphertext FROM 5 FOR 16)) id, options_ciphertext FROM connections)
            """, cancellationToken: cancel))).AsList();
        samples.ForEach(Open);
        return samples.Count;
    }

    private void Open(Sample sample)
    {
        try
        {
            vault.Unprotect(sample.Connection, sample.Ciphertext);
        }
        catch (CryptographicException e)
        {
            throw new InvalidOperationException(
                "The database holds options of connections that were encrypted with keys that are not in the folder keys below the setting " +
                "Data:Directory. Restore that folder from the backup that belongs to this database, or start on an empty database.", e);
        }
    }
}
