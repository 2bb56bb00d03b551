using Dapper;
using Npgsql;

namespace Platform.Gateway.Tokens;

/// <summary>The statements on the table of tokens.</summary>
internal sealed class TokenStore(NpgsqlDataSource database)
{
    private const string BootstrapName = "bootstrap";

    public async Task<IReadOnlyList<ApiToken>> LoadUsableAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("SELECT id, name, hash, scopes, expires_at FROM tokens WHERE revoked_at IS NULL");
        await using var row = await command.ExecuteReaderAsync(cancel);
        var tokens = new List<ApiToken>();
        while (await row.ReadAsync(cancel))
        {
            tokens.Add(new ApiToken(
                row.GetGuid(0), row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<string[]>(3), row.IsDBNull(4) ? null : row.GetDateTime(4)));
        }

        return tokens;
    }

    /// <summary>Makes this the one bootstrap token; an earlier one with another text is revoked.</summary>
    public async Task PutBootstrapAsync(byte[] hash, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            SELECT pg_advisory_xact_lock(hashtext('tokens.bootstrap'));
            UPDATE tokens SET revoked_at = now() WHERE name = @BootstrapName AND hash <> @hash AND revoked_at IS NULL;
            INSERT INTO tokens (id, name, hash, scopes) VALUES (@id, @BootstrapName, @hash, ARRAY['admin'])
            ON CONFLICT (hash) DO UPDATE SET revoked_at = NULL, expires_at = NULL, scopes = EXCLUDED.scopes
            """,
            new { BootstrapName, hash, id = Guid.CreateVersion7() },
            transaction,
            cancellationToken: cancel));
        await transaction.CommitAsync(cancel);
    }

    public async Task RecordUseAsync(IReadOnlyDictionary<Guid, DateTimeOffset> uses, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE tokens SET last_used_at = greatest(last_used_at, used.at)
            FROM unnest(@ids, @times) AS used(id, at) WHERE tokens.id = used.id
            """,
            new { ids = uses.Keys.ToArray(), times = uses.Values.Select(at => at.UtcDateTime).ToArray() },
            cancellationToken: cancel));
    }
}
