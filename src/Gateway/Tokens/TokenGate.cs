using Platform.Gateway.Limits;
using Platform.Gateway.Tokens.Issuer;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>Whether a token's text opens the platform, whichever way it came: by the API's header or by the console's cookie.</summary>
internal sealed class TokenGate(TokenCache cache, IssuedTokens issued, RequestLimits limits, TimeProvider time)
{
    /// <exception cref="ProblemException">401 <c>invalid_token</c>, 403 <c>address_not_allowed</c>; 503 when the tokens can't be loaded.</exception>
    public async ValueTask<ApiToken> CheckAsync(HttpContext context, string text)
    {
        var token = await FindAsync(text, context.RequestAborted);
        // Whoever is refused from here on is known to the audit log.
        context.Features.Set(token);
        return token.AllowsFrom(context.Connection.RemoteIpAddress) ? token : throw Errors.AddressNotAllowed();
    }

    /// <summary>Credentials were refused: too many of that from one address are answered 429.</summary>
    /// <exception cref="ProblemException">429 <c>too_many_failures</c>.</exception>
    public void CountFailure(HttpContext context) => limits.CountFailure(context.Connection.RemoteIpAddress);

    /// <summary>From here on the request is this token's: it counts as a use, and while the result lives the request is cut off once the token is over.</summary>
    public IDisposable Admit(HttpContext context, ApiToken token)
    {
        cache.Used(token);
        return cache.Guard(context, token);
    }

    private async ValueTask<ApiToken> FindAsync(string text, CancellationToken cancel)
    {
        if (issued.Recognises(text)) return await issued.ValidateAsync(text, cancel);
        if (!TokenText.IsWellFormed(text)) throw Errors.MistypedToken();
        var token = await cache.FindAsync(TokenText.Hash(text), cancel) ?? throw Errors.UnknownToken();
        return token.IsExpired(time.GetUtcNow()) ? throw Errors.ExpiredToken() : token;
    }
}
