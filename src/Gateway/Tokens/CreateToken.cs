using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Features;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>POST /v1/tokens. The text is in the answer, and nowhere else: what is kept is its hash.</summary>
internal static partial class CreateToken
{
    private const int MaxTokens = 1000;
    private const int MaxAddresses = 50;
    private const int MaxScopes = 50;
    private const int MaxScopeLength = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <param name="Name">Of 1 to 64 of a-z, 0-9, '.', '_' and '-', with a letter or digit first; no other usable token has it.</param>
    /// <param name="Scopes">1 to 50, such as <c>runs:read</c>, <c>runs:start:orders-*</c> or <c>actions:invoke:orders/close_*</c>.</param>
    /// <param name="ExpiresAt">Within ten years; null: never.</param>
    /// <param name="Addresses">Networks in CIDR notation, or single addresses, that it may be used from; none: from anywhere.</param>
    internal sealed record Body([property: Required] string? Name, [property: Required] IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt = null, IReadOnlyList<string>? Addresses = null);

    public static void Map(RouteGroupBuilder tokens) => tokens
        .MapPost("/", HandleAsync)
        .Produces<TokenView>(StatusCodes.Status201Created)
        .ProducesProblem(409).ProducesProblem(422)
        .WithErrors("invalid_token_request", "token_exists", "too_many_tokens")
        .WithExample("""{"name": "reporting", "scopes": ["objects:read", "runs:read:orders-*"], "addresses": ["10.0.0.0/8"]}""")
        .WithName("CreateToken").WithSummary("Make a token; its text is shown this once");

    private static async Task<IResult> HandleAsync(Body body, TokenStore store, TokenCache cache, TimeProvider time, HttpContext context, CancellationToken cancel)
    {
        var made = await MakeAsync(body, context.Features.GetRequiredFeature<ApiToken>().Name, store, cache, time, cancel);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Created($"/v1/tokens/{made.Id}", made);
    }

    /// <returns>With its text.</returns>
    /// <exception cref="ProblemException">422 <c>invalid_token_request</c>; 409 <c>token_exists</c>, <c>too_many_tokens</c>.</exception>
    public static async Task<TokenView> MakeAsync(Body body, string createdBy, TokenStore store, TokenCache cache, TimeProvider time, CancellationToken cancel)
    {
        var errors = Check(body, time.GetUtcNow(), out var networks);
        if (errors.Count > 0) throw Errors.InvalidTokenRequest(errors);
        var text = TokenText.Create();
        var made = await store.AddAsync(
            new(Guid.CreateVersion7(), body.Name!, TokenText.Hash(text), [.. body.Scopes!.Distinct()], body.ExpiresAt?.UtcDateTime, networks), createdBy, MaxTokens, cancel);
        await cache.RefreshAsync(cancel);
        return made with { Token = text };
    }

    private static List<FieldError> Check(Body body, DateTimeOffset now, out IReadOnlyList<IPNetwork> networks)
    {
        List<FieldError> errors = [];
        if (string.IsNullOrEmpty(body.Name)) errors.Add(new("name", "required", "A token needs a name: who it is for."));
        else if (!TokenName().IsMatch(body.Name)) errors.Add(new("name", "invalid_name", "A name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or a digit."));
        else if (Guid.TryParse(body.Name, out _)) errors.Add(new("name", "invalid_name", "A name is no id."));
        else if (body.Name == TokenStore.BootstrapName) errors.Add(new("name", "reserved_name", $"{body.Name} is the token that the platform starts with."));
        if (body.Scopes is not { Count: > 0 }) errors.Add(new("scopes", "required", $"A token needs a scope. {KnownNames.Suggest(TokenScopes.All, "", TokenScopes.All.Count)}"));
        if (body.Scopes is { Count: > MaxScopes }) errors.Add(new("scopes", "too_many", $"There may be {MaxScopes} at most."));
        foreach (var (scope, i) in (body.Scopes ?? []).Take(MaxScopes).Select((scope, i) => (scope, i)))
            CheckScope($"scopes[{i}]", scope ?? "", errors);
        if (body.ExpiresAt is { } end && (end <= now || end > now + Longest))
            errors.Add(new("expires_at", "out_of_range", "A token expires in the future, and within ten years."));
        networks = Networks(body.Addresses ?? [], errors);
        return errors;
    }

    private static void CheckScope(string field, string scope, List<FieldError> errors)
    {
        var name = scope.StartsWith(TokenScopes.Admin + ":", StringComparison.Ordinal) ? TokenScopes.Admin : ScopeSet.NameOf(scope);
        if (!TokenScopes.All.Contains(name))
            errors.Add(new(field, "unknown_scope", $"There is no such scope. {KnownNames.Suggest(TokenScopes.All, name, TokenScopes.All.Count)}"));
        else if ((scope != name && !ScopeSet.IsRestrictable(name)) || !ScopeSet.IsWellFormed(scope))
            errors.Add(new(field, "invalid_scope", ScopeSet.IsRestrictable(name)
                ? $"A restricted scope is {name}:<connection>{(name.StartsWith("actions:", StringComparison.Ordinal) ? ", or " + name + ":<connection>/<action>" : "")}, where * stands for any characters."
                : $"{name} can't be restricted to connections."));
        else if (scope.Length > MaxScopeLength)
            errors.Add(new(field, "too_long", $"A scope has {MaxScopeLength} characters at most."));
    }

    private static List<IPNetwork> Networks(IReadOnlyList<string> addresses, List<FieldError> errors)
    {
        List<IPNetwork> networks = [];
        if (addresses.Count > MaxAddresses) errors.Add(new("addresses", "too_many", $"There may be {MaxAddresses} at most."));
        foreach (var (text, i) in addresses.Take(MaxAddresses).Select((text, i) => (text, i)))
        {
            if (AddressRange.TryParse(text, out var network)) networks.Add(network);
            else errors.Add(new($"addresses[{i}]", "invalid_address", "It is no address, and no network such as 10.0.0.0/8."));
        }
        return networks;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex TokenName();
}
