using System.Text.RegularExpressions;
using Platform.Gateway.Events;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>What a webhook may be, and whose.</summary>
internal static partial class WebhookRules
{
    public const string Scope = "webhooks:write";
    private const int MaxUrl = 2000;

    /// <summary>A token that is restricted to connections has a part in webhooks for such connections alone.</summary>
    public static bool IsFor(ApiToken token, Webhook webhook) =>
        token.Held.Allows(Scope) || webhook.Connections.Length > 0 && webhook.Connections.All(connection => token.Held.Allows(Scope, connection));

    /// <exception cref="ProblemException">404 <c>unknown_webhook</c>, also for one that is not the caller's.</exception>
    public static async Task<Webhook> FindAsync(WebhookStore store, string name, ApiToken token, CancellationToken cancel) =>
        await store.FindAsync(name, cancel) is { } found && IsFor(token, found) ? found : throw Errors.NoSuchWebhook(name);

    /// <summary>Who sends events elsewhere must be allowed to read them, too.</summary>
    /// <exception cref="ProblemException">403 <c>insufficient_scope</c>.</exception>
    public static void CheckScopes(ApiToken token, IReadOnlyList<string?> connections)
    {
        foreach (var scope in (string[])[Scope, EventFilter.Scope])
        {
            if (connections.Count == 0 && !token.Held.Allows(scope)) throw Scopes.Insufficient(scope);
            foreach (var connection in connections.OfType<string>())
                if (!token.Held.Allows(scope, connection))
                    throw Scopes.Insufficient(scope, connection);
        }
    }

    /// <exception cref="ProblemException">422 <c>invalid_webhook</c> with all that is wrong.</exception>
    /// <param name="secret">Null: the platform makes one.</param>
    public static async Task CheckAsync(
        string? name, string? url, IReadOnlyList<string?> types, IReadOnlyList<string?> connections, string? secret, OutboundGuard guard, CancellationToken cancel)
    {
        List<FieldError> errors = [];
        if (string.IsNullOrEmpty(name)) errors.Add(new("name", "required", "A webhook needs a name."));
        else if (!WebhookName().IsMatch(name)) errors.Add(new("name", "invalid_name", "A name has 1 to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or a digit."));
        if (string.IsNullOrEmpty(url)) errors.Add(new("url", "required", "Where to send events: an http or https address."));
        else if (url.Length > MaxUrl || !Uri.TryCreate(url, UriKind.Absolute, out var target) || target is not { Scheme: "http" or "https", UserInfo: "", Fragment: "" })
            errors.Add(new("url", "invalid_url", $"An http or https address of at most {MaxUrl} characters, without user and fragment."));
        else await CheckTargetAsync(target, errors, guard, cancel);
        errors.AddRange(EventFilter.Check("types", types));
        errors.AddRange(EventFilter.Check("connections", connections));
        if (connections.Any(connection => connection?.Contains('*') == true)) errors.Add(new("connections", "invalid_connection", "Names of connections, without *."));
        if (secret is not null && !WebhookSecret.IsWellFormed(secret)) errors.Add(new("secret", "invalid_secret", "whsec_ and the base64 of 24 to 64 bytes; leave it out to have one made."));
        if (errors.Count > 0) throw Errors.InvalidWebhook(errors);
    }

    /// <summary>To say at once what the guard would say at every delivery.</summary>
    private static async Task CheckTargetAsync(Uri target, List<FieldError> errors, OutboundGuard guard, CancellationToken cancel)
    {
        try
        {
            await guard.CheckHostAsync(target.IdnHost, target.Port, cancel);
        }
        catch (ProblemException refusal)
        {
            errors.Add(new("url", refusal.Problem.Code, $"{refusal.Problem.Detail} {refusal.Problem.Remedy}"));
        }
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex WebhookName();
}
