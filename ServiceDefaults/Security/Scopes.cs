using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>What the caller may do, as the gateway says it in headers that it strips from incoming requests.</summary>
public static class Scopes
{
    /// <summary>Space-separated scopes of the caller's token.</summary>
    public const string Header = "X-Platform-Scopes";

    /// <summary>Who calls: the name of the token, for audit and records.</summary>
    public const string ActorHeader = "X-Platform-Actor";

    /// <summary>Implies every other scope.</summary>
    public const string Admin = "admin";

    /// <summary>Refuses callers without the scope (403 <c>insufficient_scope</c>) before the body is read. On a route or a group.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequiredScope(scope));

    public static bool HasScope(this HttpContext context, string scope)
    {
        foreach (var header in context.Request.Headers[Header])
            foreach (var held in (header ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                if (held == scope || held == Admin)
                    return true;
        return false;
    }

    /// <summary>403 <c>insufficient_scope</c>. Whoever throws it sets <c>WWW-Authenticate</c>, which names the realm at the gateway alone.</summary>
    public static ProblemException Insufficient(string scope) => new(new Problem(
        "insufficient_scope", 403, "The token's scopes do not allow this", $"The scope {scope} is needed.", $"Use a token with the scope {scope}."));

    /// <summary>Null for calls that no user caused.</summary>
    public static string? Actor(this HttpContext context) =>
        context.Request.Headers[ActorHeader].ToString() is { Length: > 0 } actor ? actor : null;
}

/// <summary>Endpoint metadata of <see cref="Scopes.RequireScope"/>; several mean all of them.</summary>
public sealed record RequiredScope(string Scope);

internal sealed class ScopeMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        foreach (var required in context.GetEndpoint()?.Metadata.GetOrderedMetadata<RequiredScope>() ?? [])
        {
            if (context.HasScope(required.Scope))
                continue;
            context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{required.Scope}\"";
            throw Scopes.Insufficient(required.Scope);
        }
        return next(context);
    }
}
