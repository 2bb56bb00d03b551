using System.Net;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>Whether a token's text opens the platform, whichever way it came: by the API's header or by the console's cookie.</summary>
internal sealed class TokenGate(TokenCache cache, TimeProvider time)
{
    /// <param name="caller">Null: not known.</param>
    /// <exception cref="ProblemException">401 <c>invalid_token</c>, 403 <c>address_not_allowed</c>; 503 when the tokens can't be loaded.</exception>
    public async ValueTask<ApiToken> CheckAsync(string text, IPAddress? caller, CancellationToken cancel)
    {
        if (!TokenText.IsWellFormed(text)) throw Errors.MistypedToken();
        var token = await cache.FindAsync(TokenText.Hash(text), cancel) ?? throw Errors.UnknownToken();
        if (token.IsExpired(time.GetUtcNow())) throw Errors.ExpiredToken();
        return token.AllowsFrom(caller) ? token : throw Errors.AddressNotAllowed();
    }

    /// <summary>From here on the request is this token's: it counts as a use, and while the result lives the request is cut off once the token is over.</summary>
    public IDisposable Admit(HttpContext context, ApiToken token)
    {
        cache.Used(token);
        context.Features.Set(token);
        return cache.Guard(context, token);
    }
}
