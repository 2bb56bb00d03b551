using Platform.Gateway.Tokens.Issuer;

namespace Platform.Gateway.Tokens;

internal static class TokensSetup
{
    public static void AddTokens(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(new BootstrapToken(builder.Configuration));
        builder.Services.AddOptions<IssuerSettings>().BindConfiguration(IssuerSettings.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<IssuedTokens>().AddHttpClient(nameof(IssuedTokens), client => client.Timeout = IssuedTokens.AnswerWithin);
        builder.Services.AddSingleton<TokenStore>().AddSingleton<TokenCache>().AddSingleton<TokenGate>().AddHostedService<TokenRefresher>();
    }

    public static void MapTokens(this WebApplication app)
    {
        var tokens = app.MapGroup("/v1/tokens").RequireTokenScope(TokenScopes.Admin).WithTags("Tokens").ProducesProblem(401).ProducesProblem(403);
        CreateToken.Map(tokens);
        ReadTokens.Map(tokens);
        RotateToken.Map(tokens);
        RevokeToken.Map(tokens);
    }
}
