using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>GET /v1/webhooks, one of them, and what was sent to it and what could not be.</summary>
internal static class ReadWebhooks
{
    private static readonly string[] States = ["pending", "delivered", "dead"];

    public static void Map(RouteGroupBuilder webhooks)
    {
        webhooks.MapGet("/", ListAsync).Produces<Page<WebhookView>>()
            .WithName("ListWebhooks").WithSummary("The webhooks by name, without their secrets; there are 100 at most");
        webhooks.MapGet("/{name}", GetAsync).Produces<WebhookView>().ProducesProblem(404).WithErrors("unknown_webhook")
            .WithName("GetWebhook").WithSummary("One webhook, without its secret");
        webhooks.MapGet("/{name}/deliveries", DeliveriesAsync).Produces<Page<DeliveryView>>().ProducesProblem(400).ProducesProblem(404).WithErrors("unknown_webhook", "unknown_delivery", "bad_state", "bad_limit", "bad_cursor")
            .WithName("ListDeliveries").WithSummary("What was, is or could not be sent, the newest first; state=dead: the dead letters");
    }

    private static async Task<Page<WebhookView>> ListAsync(WebhookStore store, HttpContext context, CancellationToken cancel)
    {
        var token = context.Features.GetRequiredFeature<ApiToken>();
        return new([.. (await store.ListAsync(cancel)).Where(webhook => WebhookRules.IsFor(token, webhook)).Select(webhook => WebhookView.Of(webhook))], null);
    }

    private static async Task<WebhookView> GetAsync(string name, WebhookStore store, HttpContext context, CancellationToken cancel)
    {
        var found = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        context.Response.Headers.ETag = found.ETag;
        return WebhookView.Of(found);
    }

    /// <param name="state">pending, delivered or dead; left out: all.</param>
    private static async Task<Page<DeliveryView>> DeliveriesAsync(
        string name, string? state, int? limit, string? cursor, WebhookStore store, WebhookDeliveries deliveries, HttpContext context, CancellationToken cancel)
    {
        var found = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        if (state is not null && !States.Contains(state)) throw Errors.BadDeliveryState(string.Join(", ", States));
        long? before = Cursor.Decode(cursor, 1) is not { } parts ? null
            : long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seq) ? seq : throw Errors.NoSuchDelivery(name, "of the cursor");
        return await deliveries.ListAsync(found.Id, state, before, Limit.Parse(limit), cancel);
    }
}
