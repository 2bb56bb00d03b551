using System.ComponentModel.DataAnnotations;

namespace Platform.Gateway.Tokens.Issuer;

/// <summary>A second issuer of tokens, an OpenID Connect provider: the section <c>Oidc</c> of the gateway's configuration. Off while it has no authority.</summary>
internal sealed class IssuerSettings : IValidatableObject
{
    public const string Section = "Oidc";

    /// <summary>Address of the provider; <c>/.well-known/openid-configuration</c> below it tells where its keys are. https, or http on the loopback.</summary>
    public string? Authority { get; init; }

    /// <summary>What its tokens have to name as their audience.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim with the scopes: text with spaces between them, or a list. Those that are no scopes of the platform are passed over.</summary>
    [Required]
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>The claim with the caller's name, for records.</summary>
    [Required]
    public string NameClaim { get; init; } = "sub";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Authority)) yield break;
        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var authority) || authority.Scheme != Uri.UriSchemeHttps && !(authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
            yield return new($"{Section}:{nameof(Authority)} is no https address.", [nameof(Authority)]);
        if (string.IsNullOrEmpty(Audience))
            yield return new($"{Section}:{nameof(Audience)} is missing: without it every token of the issuer would do, those for other services too.", [nameof(Audience)]);
    }
}
