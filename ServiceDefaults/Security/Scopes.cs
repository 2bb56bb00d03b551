using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Platform.ServiceDefaults;

/// <summary>What the caller may do, as the gateway says it in headers that it strips from incoming requests.</summary>
public static class Scopes
{
    /// <summary>Space-separated scopes of the caller's token, in the grammar of <see cref="ScopeSet"/>.</summary>
    public const string Header = "X-Platform-Scopes";

    /// <summary>Who calls: the name of the token, for audit and records.</summary>
    public const string ActorHeader = "X-Platform-Actor";

    /// <summary>Implies every other scope.</summary>
    public const string Admin = "admin";

    /// <summary>Refuses callers without the scope (403 <c>insufficient_scope</c>) before the body is read. On a route or a group.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope));

    /// <summary>As <see cref="RequireScope"/>, for the connection that the route's <c>{name}</c> names, and where it has an <c>{action}</c>, for that.</summary>
    public static TBuilder RequireConnectionScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope, ScopeReach.NamedConnection));

    /// <summary>
    /// As <see cref="RequireScope"/>, but a scope that is restricted to connections is enough to come in: the handler asks <see cref="Caller(HttpContext)"/>
    /// which they are.
    /// </summary>
    public static TBuilder RequireScopeSomewhere<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope, ScopeReach.Somewhere));

    /// <summary>Whoever has a token may ask, whatever its scopes.</summary>
    public static TBuilder AllowAnyToken<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new AnyToken());

    /// <summary>Of a route with <see cref="RequireScopeSomewhere"/>.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.GetRequiredFeature<Caller>();

    /// <summary>What the caller may do, read once a request.</summary>
    public static ScopeSet Held(this HttpContext context)
    {
        if (context.Features.Get<ScopeSet>() is { } known) return known;
        var held = ScopeSet.Of(context.Request.Headers[Header].SelectMany(header => (header ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        context.Features.Set(held);
        return held;
    }

    /// <summary>403 <c>insufficient_scope</c>. Whoever throws it sets <c>WWW-Authenticate</c>, which names the realm at the gateway alone.</summary>
    /// <param name="connection">The one that the scope is lacking for; null: it is needed everywhere.</param>
    /// <param name="action">Of the connection; null: the connection as a whole is meant.</param>
    public static ProblemException Insufficient(string scope, string? connection = null, string? action = null)
    {
        var (what, narrower) = (connection, action) switch
        {
            (null, _) => ("", ""),
            (_, null) => ($" for the connection {connection}", $" or {scope}:{connection}"),
            _ => ($" for the action {action} of the connection {connection}", $" or {scope}:{connection}/{action}"),
        };
        return new(new Problem("insufficient_scope", 403, "The token's scopes do not allow this", $"The scope {scope} is needed{what}.", $"Use a token with the scope {scope}{narrower}."));
    }

    internal static ProblemException Refuse(HttpContext context, string scope, string? connection = null, string? action = null)
    {
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{scope}\"";
        return Insufficient(scope, connection, action);
    }

    /// <summary>Null for calls that no user caused.</summary>
    public static string? Actor(this HttpContext context) =>
        context.Request.Headers[ActorHeader].ToString() is { Length: > 0 } actor ? actor : null;
}

/// <summary>Endpoint metadata of <see cref="Scopes.RequireScope"/> and its like; several mean all of them.</summary>
public sealed record RequiredScope(string Scope, ScopeReach Reach = ScopeReach.Everywhere) : INeedsScope;

/// <summary>Where a scope has to be held.</summary>
public enum ScopeReach
{
    /// <summary>For all connections.</summary>
    Everywhere,

    /// <summary>For the one that the path names.</summary>
    NamedConnection,

    /// <summary>For some; the handler looks for which.</summary>
    Somewhere,
}

internal sealed class ScopeMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        foreach (var (scope, reach) in context.GetEndpoint()?.Metadata.GetOrderedMetadata<RequiredScope>() ?? [])
        {
            var held = context.Held();
            var (connection, action) = reach == ScopeReach.NamedConnection
                ? (Value(context, "name") ?? throw new InvalidOperationException($"{context.GetEndpoint()} has no {{name}}."), Value(context, "action"))
                : default;
            if (!(reach switch
            {
                ScopeReach.Everywhere => held.Allows(scope),
                ScopeReach.NamedConnection => held.Allows(scope, connection!, action),
                _ => held.AllowsSome(scope),
            }))
                throw Scopes.Refuse(context, scope, connection, action);
            if (reach == ScopeReach.Somewhere) context.Features.Set(new Caller(context, scope));
        }
        return next(context);
    }

    private static string? Value(HttpContext context, string name) => context.Request.RouteValues[name] as string;
}
