using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>POST /v1/webhooks, PATCH, DELETE and POST …/rotate: secrets are shown once.</summary>
internal static class WriteWebhook
{
    private const int MaxWebhooks = 100;
    private const int DefaultOverlap = 24 * 3600;
    private const int LongestOverlap = 7 * 24 * 3600;

    /// <param name="Name">Of 1 to 64 of a-z, 0-9, '.', '_' and '-'.</param>
    /// <param name="Url">http or https; a public address, or one of the setting Outbound:Allow.</param>
    /// <param name="Types">Patterns such as <c>sync.*</c>; none: all types.</param>
    /// <param name="Connections">Names; none: all, and events about none.</param>
    /// <param name="Secret"><c>whsec_</c> and the base64 of 24 to 64 bytes; null: one is made.</param>
    internal sealed record Body([property: Required] string? Name, [property: Required] string? Url, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Connections = null, bool Enabled = true, string? Secret = null);

    /// <summary>What is left out stays.</summary>
    internal sealed record Changes(string? Url = null, IReadOnlyList<string>? Types = null, IReadOnlyList<string>? Connections = null, bool? Enabled = null);

    public static void Map(RouteGroupBuilder webhooks)
    {
        webhooks.MapPost("/", CreateAsync).RequireTokenScopeSomewhere("events:read").Produces<WebhookView>(StatusCodes.Status201Created).ProducesProblem(409).ProducesProblem(422).WithErrors("invalid_webhook", "webhook_exists", "too_many_webhooks")
            .WithExample("""{"name": "billing", "url": "https://example.org/hooks/platform", "types": ["sync.*"], "connections": ["orders"]}""")
            .WithName("CreateWebhook").WithSummary("Have events sent to an address; the secret is shown this once");
        webhooks.MapPatch("/{name}", UpdateAsync).RequireTokenScopeSomewhere("events:read").Produces<WebhookView>().ProducesProblem(404).ProducesProblem(412).ProducesProblem(422).WithErrors("unknown_webhook", "invalid_webhook", "etag_mismatch").WithExample("""{"enabled": false}""")
            .WithName("UpdateWebhook").WithSummary("Change a webhook, disable and enable it; If-Match is optional");
        webhooks.MapDelete("/{name}", DeleteAsync).Produces(StatusCodes.Status204NoContent).ProducesProblem(404).WithErrors("unknown_webhook")
            .WithName("DeleteWebhook").WithSummary("Remove a webhook with its deliveries");
        webhooks.MapPost("/{name}/rotate", RotateAsync).Produces<WebhookView>().ProducesProblem(404).ProducesProblem(422).WithErrors("unknown_webhook", "invalid_webhook")
            .WithName("RotateWebhookSecret").WithSummary("Give a webhook another secret, shown this once; the one before signs as well for a while");
    }

    private static async Task<IResult> CreateAsync(Body body, WebhookStore store, WebhookSecret secrets, OutboundGuard guard, HttpContext context, CancellationToken cancel)
    {
        var token = context.Features.GetRequiredFeature<ApiToken>();
        WebhookRules.CheckScopes(token, body.Connections ?? []);
        await WebhookRules.CheckAsync(body.Name, body.Url, body.Types ?? [], body.Connections ?? [], body.Secret, guard, cancel);
        var secret = body.Secret ?? WebhookSecret.Create();
        var made = await store.AddAsync(
            new()
            {
                Id = Guid.CreateVersion7(), Name = body.Name!, Url = body.Url!, Types = [.. body.Types ?? []], Connections = [.. body.Connections ?? []],
                Enabled = body.Enabled, Secret = secrets.Protect(secret), CreatedBy = token.Name,
            },
            MaxWebhooks, cancel);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ETag = made.ETag;
        return Results.Created($"/v1/webhooks/{made.Name}", WebhookView.Of(made, secret));
    }

    private static async Task<WebhookView> UpdateAsync(
        string name, Changes body, WebhookStore store, OutboundGuard guard, WebhookSender sender, HttpContext context, CancellationToken cancel)
    {
        var token = context.Features.GetRequiredFeature<ApiToken>();
        var standing = await WebhookRules.FindAsync(store, name, token, cancel);
        if (!IfMatch.Of(context.Request).Holds(standing.ETag)) throw Errors.WebhookChanged(name, standing.ETag);
        var wish = standing with
        {
            Url = body.Url ?? standing.Url, Types = [.. body.Types ?? standing.Types], Connections = [.. body.Connections ?? standing.Connections],
            Enabled = body.Enabled ?? standing.Enabled,
        };
        WebhookRules.CheckScopes(token, wish.Connections);
        await WebhookRules.CheckAsync(name, wish.Url, wish.Types, wish.Connections, null, guard, cancel);
        var changed = await store.UpdateAsync(wish, cancel) ?? throw Errors.WebhookChanged(name, (await WebhookRules.FindAsync(store, name, token, cancel)).ETag);
        sender.Ring();
        context.Response.Headers.ETag = changed.ETag;
        return WebhookView.Of(changed);
    }

    private static async Task<IResult> DeleteAsync(string name, WebhookStore store, HttpContext context, CancellationToken cancel)
    {
        await store.DeleteAsync((await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel)).Id, cancel);
        return Results.NoContent();
    }

    /// <param name="overlap">0 to 604,800, by default 86,400: so long the secret before signs as well.</param>
    private static async Task<WebhookView> RotateAsync(
        string name, [FromQuery(Name = "overlap_seconds")] int? overlap, WebhookStore store, WebhookSecret secrets, HttpContext context, CancellationToken cancel)
    {
        if (overlap is < 0 or > LongestOverlap) throw Errors.InvalidWebhook([new("overlap_seconds", "out_of_range", $"From 0 to {LongestOverlap}.")]);
        var standing = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        var secret = WebhookSecret.Create();
        var rotated = await store.RotateAsync(standing.Id, secrets.Protect(secret), TimeSpan.FromSeconds(overlap ?? DefaultOverlap), cancel) ?? throw Errors.NoSuchWebhook(name);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ETag = rotated.ETag;
        return WebhookView.Of(rotated, secret);
    }
}
