using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>GET /v1/tokens, and one of them. There are 1,000 at most, so that they come at once.</summary>
internal static class ReadTokens
{
    public static void Map(RouteGroupBuilder tokens)
    {
        tokens.MapGet("/", async (TokenStore store, CancellationToken cancel, bool revoked = false) => new Page<TokenView>(await store.ListAsync(revoked, cancel), null))
            .Produces<Page<TokenView>>()
            .WithName("ListTokens").WithSummary("The tokens, the newest first; with revoked=true those too that were revoked, the last 1,000");
        tokens.MapGet("/{token}", async (string token, TokenStore store, CancellationToken cancel) => await store.FindAsync(token, cancel) ?? throw Errors.NoSuchToken(token))
            .Produces<TokenView>()
            .ProducesProblem(404)
            .WithErrors("unknown_token")
            .WithName("GetToken").WithSummary("One token, by its id or name");
    }
}
