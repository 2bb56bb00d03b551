using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens.Issuer;

/// <summary>
/// Judges the signed tokens (JWT, RFC 7519) of the configured issuer by its published keys, which are read when the first one comes, once a day, and when a token names a
/// key that is not among them. Such a token can't be revoked here; it ends with its <c>exp</c>, which it must have.
/// </summary>
internal sealed partial class IssuedTokens
{
    /// <summary>What the issuer gets for an answer.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    // Clocks of two machines differ; a revocation that takes five seconds is no use if expiry takes minutes.
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);
    private const int MaxLength = 16 * 1024;
    private const int MaxName = 200;

    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = MaxLength };
    private readonly IssuerSettings settings;
    private readonly ILogger<IssuedTokens> logger;
    private readonly ConfigurationManager<OpenIdConnectConfiguration>? keys;
    private readonly TokenValidationParameters? rules;

    public IssuedTokens(IOptions<IssuerSettings> options, IHttpClientFactory clients, ILogger<IssuedTokens> logger)
    {
        settings = options.Value;
        this.logger = logger;
        if (string.IsNullOrEmpty(settings.Authority)) return;
        keys = new ConfigurationManager<OpenIdConnectConfiguration>(
            settings.Authority.TrimEnd('/') + "/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(clients.CreateClient(nameof(IssuedTokens))) { RequireHttps = settings.Authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase) });
        rules = new()
        {
            ConfigurationManager = keys,
            ValidAudience = settings.Audience,
            ValidAlgorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"],
            RequireExpirationTime = true,
            RequireSignedTokens = true,
            ClockSkew = ClockSkew,
        };
    }

    /// <summary>Whether it may be a token of the issuer: three parts with points between them.</summary>
    public bool Recognises(string text) => keys is not null && text.Count(c => c == '.') == 2;

    /// <summary>The caller with the scopes that the token names.</summary>
    /// <exception cref="ProblemException">401 <c>invalid_token</c>; 503 when the issuer's keys can't be read.</exception>
    public async Task<ApiToken> ValidateAsync(string text, CancellationToken cancel)
    {
        try
        {
            // Without keys the library would say that the issuer is a wrong one.
            _ = await keys!.GetConfigurationAsync(cancel);
        }
        catch (InvalidOperationException e)
        {
            LogIssuerAway(settings.Authority!, e.InnerException?.Message ?? e.Message);
            throw Errors.IssuerUnavailable();
        }
        var result = await handler.ValidateTokenAsync(text, rules);
        if (!result.IsValid) throw Explain(result.Exception);
        var token = (JsonWebToken)result.SecurityToken;
        var name = token.TryGetPayloadValue<string>(settings.NameClaim, out var claim) && claim.Length > 0 ? claim : token.Subject;
        if (string.IsNullOrEmpty(name)) throw Errors.RefusedToken($"it has no claim {settings.NameClaim}");
        return new(IdOf(token), NameOf(name), [], [.. ScopesOf(token)], token.ValidTo + ClockSkew, [], IsIssued: true);
    }

    private IEnumerable<string> ScopesOf(JsonWebToken token) =>
        token.Claims.Where(claim => claim.Type == settings.ScopeClaim).SelectMany(claim => claim.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(scope => TokenScopes.All.Contains(ScopeSet.NameOf(scope)) && ScopeSet.IsWellFormed(scope)).Distinct();

    // Limits are counted by it, so it is the caller's, whichever of its tokens it sends.
    private static Guid IdOf(JsonWebToken token) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{token.Issuer}\n{token.Subject}")).AsSpan(0, 16));

    // It goes into a header and into records, and must not pass for a token that was made here: no name of those has a colon.
    private static string NameOf(string claim)
    {
        var name = new string([.. claim.Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : '?')]);
        return "oidc:" + (name.Length > MaxName ? name[..MaxName] : name);
    }

    private static ProblemException Explain(Exception? exception) => exception switch
    {
        SecurityTokenExpiredException => Errors.ExpiredToken(),
        SecurityTokenNotYetValidException => Errors.RefusedToken("it is not valid yet"),
        SecurityTokenInvalidAudienceException => Errors.RefusedToken("it is for another audience"),
        SecurityTokenInvalidIssuerException => Errors.RefusedToken("it is of another issuer"),
        SecurityTokenNoExpirationException => Errors.RefusedToken("it has no expiry"),
        SecurityTokenInvalidAlgorithmException => Errors.RefusedToken("its signature's algorithm is not allowed"),
        SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidSignatureException => Errors.RefusedToken("its signature is none of the issuer's"),
        _ => Errors.RefusedToken("it can't be read"),
    };

    [LoggerMessage(1, LogLevel.Warning, "The keys of {Authority} can't be read: {Reason}")]
    private partial void LogIssuerAway(string authority, string reason);
}
