using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>POST /v1/tokens/{token}/rotate: another text for the same token. The one before works for a while, so that its users can change over.</summary>
internal static class RotateToken
{
    private const int DefaultOverlap = 3600;
    private const int LongestOverlap = 7 * 24 * 3600;

    public static void Map(RouteGroupBuilder tokens) => tokens
        .MapPost("/{token}/rotate", HandleAsync)
        .Produces<TokenView>()
        .ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
        .WithErrors("unknown_token", "token_over", "bootstrap_token", "invalid_token_request")
        .WithName("RotateToken").WithSummary("Give a token another text, which is shown this once");

    /// <param name="overlap">0 to 604,800, by default 3,600: so long the text before works. One that an earlier rotation left working ends at once.</param>
    private static async Task<TokenView> HandleAsync(
        string token, [FromQuery(Name = "overlap_seconds")] int? overlap, TokenStore store, TokenCache cache, HttpContext context, CancellationToken cancel)
    {
        var rotated = await RotateAsync(token, overlap, store, cache, cancel);
        context.Response.Headers.CacheControl = "no-store";
        return rotated;
    }

    /// <inheritdoc cref="HandleAsync"/>
    /// <returns>With its new text.</returns>
    /// <exception cref="Platform.ServiceDefaults.ProblemException">404 <c>unknown_token</c>; 409 <c>bootstrap_token</c>, <c>token_over</c>; 422 <c>invalid_token_request</c>.</exception>
    public static async Task<TokenView> RotateAsync(string token, int? overlap, TokenStore store, TokenCache cache, CancellationToken cancel)
    {
        if (overlap is < 0 or > LongestOverlap)
            throw Errors.InvalidTokenRequest([new("overlap_seconds", "out_of_range", $"From 0 to {LongestOverlap}.")]);
        var found = await store.FindAsync(token, cancel) ?? throw Errors.NoSuchToken(token);
        if (found.Name == TokenStore.BootstrapName) throw Errors.BootstrapToken();
        var text = TokenText.Create();
        var rotated = await store.RotateAsync(found.Id, TokenText.Hash(text), TimeSpan.FromSeconds(overlap ?? DefaultOverlap), cancel) ?? throw Errors.TokenOver(found.Name);
        await cache.RefreshAsync(cancel);
        return rotated with { Token = text };
    }
}
