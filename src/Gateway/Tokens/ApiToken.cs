namespace Platform.Gateway.Tokens;

/// <summary>A token that may still be used, as kept in memory.</summary>
/// <param name="ExpiresAt">Null: never.</param>
internal sealed record ApiToken(Guid Id, string Name, byte[] Hash, string[] Scopes, DateTime? ExpiresAt)
{
    public bool IsExpired(DateTimeOffset now) => ExpiresAt is { } end && end <= now.UtcDateTime;
}
