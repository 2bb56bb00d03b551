using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>
/// What the caller of a route may do of the scope that the route needs, where that depends on a connection that only the handler knows
/// (<see cref="Scopes.RequireScopeSomewhere"/>). The handler has to ask it; a success without that is never sent.
/// </summary>
public sealed class Caller
{
    private readonly HttpContext context;
    private readonly string scope;
    private readonly ScopeSet held;
    private bool wasAsked;

    internal Caller(HttpContext context, string scope)
    {
        (this.context, this.scope, held) = (context, scope, context.Held());
        wasAsked = held.Allows(scope);
        context.Response.OnStarting(() => wasAsked || context.Response.StatusCode >= StatusCodes.Status400BadRequest
            ? Task.CompletedTask
            : throw new InvalidOperationException($"{context.Request.Method} {context.GetEndpoint()?.DisplayName} did not ask whether the caller's {scope} covers its connection."));
    }

    /// <summary>SQL LIKE patterns of the names of the connections that are covered, in whole or with some of their actions; null: all of them.</summary>
    public string[]? Patterns
    {
        get
        {
            wasAsked = true;
            return held.ConnectionsOf(scope)?.Select(NamePattern.ToLike).ToArray();
        }
    }

    /// <summary>The same with the actions of each, for a condition on both; null: all of them.</summary>
    public (string[] Connections, string[] Actions)? ActionPatterns
    {
        get
        {
            wasAsked = true;
            return held.ActionsOf(scope) is { } pairs ? ([.. pairs.Select(pair => NamePattern.ToLike(pair.Connection))], [.. pairs.Select(pair => NamePattern.ToLike(pair.Action ?? "*"))]) : null;
        }
    }

    /// <summary>Whether a record of the connection is the caller's to see: one that is not is answered as if it were not there.</summary>
    /// <param name="connection">Null: it has none any more; then the scope has to be held everywhere.</param>
    /// <param name="action">Null: the record is about the connection as a whole.</param>
    public bool Covers(string? connection, string? action = null)
    {
        wasAsked = true;
        return connection is null ? held.Allows(scope) : held.Allows(scope, connection, action);
    }

    /// <summary>For what the caller itself has named.</summary>
    /// <exception cref="ProblemException">403 <c>insufficient_scope</c>, whether or not there is such a connection.</exception>
    public void Require(string connection, string? action = null)
    {
        if (!Covers(connection, action)) throw Scopes.Refuse(context, scope, connection, action);
    }

    /// <summary>For a list of the connection's actions, of which the caller then sees those that <see cref="Covers"/> says.</summary>
    /// <exception cref="ProblemException">403 <c>insufficient_scope</c>, whether or not there is such a connection.</exception>
    public void RequireSome(string connection)
    {
        wasAsked = true;
        if (!held.AllowsSome(scope, connection)) throw Scopes.Refuse(context, scope, connection);
    }
}
