using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>What a token can be allowed, and what the gateway's own routes need. What the services' routes need, the services see to.</summary>
internal static class TokenScopes
{
    /// <summary>Implies every other one.</summary>
    public const string Admin = Scopes.Admin;

    public static readonly IReadOnlyList<string> All =
    [
        "connectors:read", "connectors:install", "connections:read", "connections:write", "runs:read", "runs:start", "objects:read", "objects:write",
        "actions:read", "actions:invoke", "events:read", "webhooks:write", Admin,
    ];

    /// <summary>
    /// Refuses tokens without the scope (403 <c>insufficient_scope</c>). Not as the services do it, who trust a header: here that header is the caller's own.
    /// </summary>
    public static TBuilder RequireTokenScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredTokenScope(scope));

    /// <summary>The same, but the scope may be restricted to connections; the route sees to that.</summary>
    public static TBuilder RequireTokenScopeSomewhere<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequiredTokenScope(scope, Somewhere: true));
}

/// <summary>Endpoint metadata of <see cref="TokenScopes.RequireTokenScope"/>.</summary>
/// <param name="Somewhere">A restricted one is enough.</param>
internal sealed record RequiredTokenScope(string Scope, bool Somewhere = false) : INeedsScope;
