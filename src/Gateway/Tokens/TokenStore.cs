using System.Net;
using Dapper;
using Npgsql;

namespace Platform.Gateway.Tokens;

/// <summary>The statements on the table of tokens.</summary>
internal sealed class TokenStore(NpgsqlDataSource database)
{
    public const string BootstrapName = "bootstrap";

    private const int MaxRevoked = 1000;

    // In the order of TokenView.
    private const string Columns =
        "id, name, scopes, addresses, created_at, created_by, expires_at, rotated_at, CASE WHEN previous_until > now() THEN previous_until END, last_used_at, revoked_at";

    public async Task<IReadOnlyList<ApiToken>> LoadUsableAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            SELECT id, name, hash, scopes, expires_at, addresses FROM tokens WHERE revoked_at IS NULL
            UNION ALL
            SELECT id, name, previous_hash, scopes, previous_until, addresses FROM tokens WHERE revoked_at IS NULL AND previous_hash IS NOT NULL
            """);
        await using var row = await command.ExecuteReaderAsync(cancel);
        var tokens = new List<ApiToken>();
        while (await row.ReadAsync(cancel))
        {
            tokens.Add(new ApiToken(
                row.GetGuid(0), row.GetString(1), row.GetFieldValue<byte[]>(2), row.GetFieldValue<string[]>(3), row.IsDBNull(4) ? null : row.GetDateTime(4),
                [.. row.GetFieldValue<string[]>(5).Select(IPNetwork.Parse)]));
        }

        return tokens;
    }

    /// <exception cref="Platform.ServiceDefaults.ProblemException">409 <c>token_exists</c>, <c>too_many_tokens</c>.</exception>
    public async Task<TokenView> AddAsync(ApiToken token, string createdBy, int most, CancellationToken cancel)
    {
        try
        {
            // Two at once may bring one more than that: a bound against heaps, and no quota.
            var made = await QueryAsync(
                $"""
                INSERT INTO tokens (id, name, hash, scopes, expires_at, addresses, created_by)
                SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM tokens WHERE revoked_at IS NULL) < $8 RETURNING {Columns}
                """,
                cancel, token.Id, token.Name, token.Hash, token.Scopes, token.ExpiresAt is { } end ? end : new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
                token.Networks.Select(network => network.ToString()).ToArray(), createdBy, (long)most);
            return made.Count == 1 ? made[0] : throw Errors.TooManyTokens(most);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw Errors.TokenExists(token.Name);
        }
    }

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<TokenView>> ListAsync(bool revoked, CancellationToken cancel) => await QueryAsync(
        $"""
        SELECT {Columns} FROM tokens WHERE revoked_at IS NULL
            OR $1 AND id IN (SELECT id FROM tokens WHERE revoked_at IS NOT NULL ORDER BY revoked_at DESC LIMIT {MaxRevoked})
        ORDER BY id DESC
        """,
        cancel, revoked);

    /// <param name="token">An id, or the name of one that is not revoked.</param>
    public async Task<TokenView?> FindAsync(string token, CancellationToken cancel)
    {
        var found = Guid.TryParse(token, out var id)
            ? await QueryAsync($"SELECT {Columns} FROM tokens WHERE id = $1", cancel, id)
            : await QueryAsync($"SELECT {Columns} FROM tokens WHERE name = $1 AND revoked_at IS NULL", cancel, token);
        return found.SingleOrDefault();
    }

    /// <param name="overlap">So long the text before works, and no longer than the token itself.</param>
    /// <returns>Null: it is revoked, or has expired.</returns>
    public async Task<TokenView?> RotateAsync(Guid id, byte[] hash, TimeSpan overlap, CancellationToken cancel) => (await QueryAsync(
        $"""
        UPDATE tokens SET previous_hash = hash, previous_until = least(now() + $3, expires_at), hash = $2, rotated_at = now()
        WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) RETURNING {Columns}
        """,
        cancel, id, hash, overlap)).SingleOrDefault();

    /// <summary>Once; later ones change nothing.</summary>
    public async Task RevokeAsync(Guid id, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE tokens SET revoked_at = now(), previous_hash = NULL, previous_until = NULL WHERE id = @id AND revoked_at IS NULL", new { id }, cancellationToken: cancel));
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

    private async Task<List<TokenView>> QueryAsync(string sql, CancellationToken cancel, params object[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter as NpgsqlParameter ?? new NpgsqlParameter { Value = parameter });
        await using var row = await command.ExecuteReaderAsync(cancel);
        var tokens = new List<TokenView>();
        while (await row.ReadAsync(cancel))
        {
            tokens.Add(new(
                row.GetGuid(0), row.GetString(1), null, row.GetFieldValue<string[]>(2), row.GetFieldValue<string[]>(3), row.GetDateTime(4), row.IsDBNull(5) ? null : row.GetString(5),
                Time(6), Time(7), Time(8), Time(9), Time(10)));
        }

        return tokens;

        DateTime? Time(int column) => row.IsDBNull(column) ? null : row.GetDateTime(column);
    }
}
