namespace Platform.ServiceDefaults;

/// <summary>
/// What a token may do. Each of its scopes is <c>entity:verb</c>, everywhere; or <c>entity:verb:connection</c>, for the connections that the pattern
/// names; or <c>actions:invoke:connection/action</c>. <c>*</c> in a pattern stands for any characters, none included; case counts.
/// </summary>
public sealed class ScopeSet
{
    private readonly Grant[] grants;

    private ScopeSet(Grant[] grants) => this.grants = grants;

    /// <summary>Of a token's scopes; those that are not well formed allow nothing.</summary>
    public static ScopeSet Of(IEnumerable<string> scopes) => new([.. scopes.Select(Grant.Parse).OfType<Grant>()]);

    /// <summary>Whether a scope can be restricted to connections: what is about one connection can.</summary>
    public static bool IsRestrictable(string scope) => scope != Scopes.Admin && !scope.StartsWith("connectors:", StringComparison.Ordinal);

    /// <summary>The scope without its restriction: <c>runs:read</c> of <c>runs:read:orders-*</c>.</summary>
    public static string NameOf(string scope) => scope.Split(':', 3) is [var entity, var verb, ..] ? $"{entity}:{verb}" : scope;

    /// <summary>Whether it is written as above, whatever its name is: a restriction of a scope that can have one, without spaces and control characters.</summary>
    public static bool IsWellFormed(string scope) => Grant.Parse(scope) is not null;

    /// <summary>Everywhere.</summary>
    public bool Allows(string scope) => grants.Any(grant => grant.IsFor(scope) && grant.Connection is null);

    /// <summary>Somewhere at least: enough to ask for a list, of which the caller then sees its part.</summary>
    /// <param name="connection">There, be it for a single action; null: anywhere.</param>
    public bool AllowsSome(string scope, string? connection = null) => grants.Any(grant => grant.IsFor(scope) && (connection is null || grant.IsAbout(connection)));

    /// <param name="action">Null: the connection as a whole, with whatever actions it has.</param>
    public bool Allows(string scope, string connection, string? action = null) => grants.Any(grant => grant.IsFor(scope) && grant.Covers(connection, action));

    /// <summary>Patterns of the connections where the scope is allowed, for a query's condition; null: everywhere.</summary>
    public IReadOnlyList<string>? ConnectionsOf(string scope) => Allows(scope) ? null : [.. grants.Where(grant => grant.IsFor(scope)).Select(grant => grant.Connection!).Distinct()];

    /// <summary>The same with the patterns of actions, where null stands for all of a connection; null: everywhere.</summary>
    public IReadOnlyList<(string Connection, string? Action)>? ActionsOf(string scope) =>
        Allows(scope) ? null : [.. grants.Where(grant => grant.IsFor(scope)).Select(grant => (grant.Connection!, grant.Action)).Distinct()];

    private sealed record Grant(string Name, string? Connection, string? Action)
    {
        public static Grant? Parse(string scope)
        {
            if (string.IsNullOrEmpty(scope) || scope.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))) return null;
            if (scope.Split(':', 3) is not [var entity, var verb, var where]) return new(scope, null, null);
            var name = $"{entity}:{verb}";
            if (!IsRestrictable(name) || where.Length == 0 || where.Any(NamePattern.IsSpecial)) return null;
            return where.Split('/', 2) switch
            {
                [var connection] => new(name, connection, null),
                [{ Length: > 0 } connection, { Length: > 0 } action] when name.StartsWith("actions:", StringComparison.Ordinal) => new(name, connection, action),
                _ => null,
            };
        }

        public bool IsFor(string scope) => Name == scope || Name == Scopes.Admin;

        public bool IsAbout(string connection) => Connection is null || NamePattern.Matches(Connection, connection);

        public bool Covers(string connection, string? action) => IsAbout(connection) && (Action is null or "*" || action is not null && NamePattern.Matches(Action, action));
    }
}
