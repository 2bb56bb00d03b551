using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>DELETE /v1/tokens/{token}: from now on here, and within five seconds on every replica, it opens nothing; streams that it opened are cut off.</summary>
internal static class RevokeToken
{
    public static void Map(RouteGroupBuilder tokens) => tokens
        .MapDelete("/{token}", HandleAsync)
        .Produces(StatusCodes.Status204NoContent)
        .ProducesProblem(404).ProducesProblem(409)
        .WithErrors("unknown_token", "bootstrap_token")
        .WithName("RevokeToken").WithSummary("Revoke a token for good");

    private static async Task<IResult> HandleAsync(string token, TokenStore store, TokenCache cache, CancellationToken cancel)
    {
        await RevokeAsync(token, store, cache, cancel);
        return Results.NoContent();
    }

    /// <exception cref="Platform.ServiceDefaults.ProblemException">404 <c>unknown_token</c>; 409 <c>bootstrap_token</c>.</exception>
    public static async Task RevokeAsync(string token, TokenStore store, TokenCache cache, CancellationToken cancel)
    {
        var found = await store.FindAsync(token, cancel) ?? throw Errors.NoSuchToken(token);
        if (found.Name == TokenStore.BootstrapName) throw Errors.BootstrapToken();
        await store.RevokeAsync(found.Id, cancel);
        await cache.RefreshAsync(cancel);
    }
}
