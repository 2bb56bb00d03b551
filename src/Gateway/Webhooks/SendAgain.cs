using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Platform.Gateway.Events;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Webhooks;

/// <summary>POST /v1/webhooks/{name}/test, and …/deliveries/{id}/replay: what is sent because somebody asks for it.</summary>
internal static class SendAgain
{
    /// <param name="Delivered">The target took it.</param>
    internal sealed record Tested(bool Delivered, int? Status, string? Error, string? Response, int DurationMs);

    /// <param name="Replayed">So many deliveries are tried again, as if for the first time.</param>
    internal sealed record Replay(int Replayed);

    public static void Map(RouteGroupBuilder webhooks)
    {
        webhooks.MapPost("/{name}/test", TestAsync).Produces<Tested>().ProducesProblem(404).WithErrors("unknown_webhook", "unknown_delivery")
            .WithName("TestWebhook").WithSummary("Send an event of the type webhook.test now, once, and tell what came of it");
        webhooks.MapPost("/{name}/deliveries/replay", ReplayDeadAsync).Produces<Replay>(StatusCodes.Status202Accepted).ProducesProblem(404).WithErrors("unknown_webhook", "unknown_delivery")
            .WithName("ReplayDeadDeliveries").WithSummary("Send all dead letters again");
        webhooks.MapPost("/{name}/deliveries/{id}/replay", ReplayAsync).Produces<Replay>(StatusCodes.Status202Accepted).ProducesProblem(404).WithErrors("unknown_webhook", "unknown_delivery")
            .WithName("ReplayDelivery").WithSummary("Send one event again, whatever became of it");
    }

    private static async Task<Tested> TestAsync(string name, WebhookStore store, WebhookPost post, TimeProvider time, HttpContext context, CancellationToken cancel)
    {
        var found = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        var id = Guid.CreateVersion7().ToString();
        var body = StoredEvent.Write(id, "webhook.test", "/gateway", time.GetUtcNow().UtcDateTime, JsonSerializer.Serialize(new { webhook = name }));
        string[] secrets = found.PreviousSecret is { } previous ? [found.Secret, previous] : [found.Secret];
        var outcome = await post.SendAsync(found.Url, secrets, id, body, cancel);
        return new(outcome.Error is null, outcome.Status, outcome.Error, outcome.Response, outcome.DurationMs);
    }

    private static async Task<IResult> ReplayDeadAsync(
        string name, WebhookStore store, WebhookDeliveries deliveries, WebhookSender sender, HttpContext context, CancellationToken cancel)
    {
        var found = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        var replayed = await deliveries.ReplayAsync(found.Id, null, cancel);
        sender.Ring();
        return Results.Accepted(value: new Replay(replayed));
    }

    private static async Task<IResult> ReplayAsync(
        string name, string id, WebhookStore store, WebhookDeliveries deliveries, WebhookSender sender, HttpContext context, CancellationToken cancel)
    {
        var found = await WebhookRules.FindAsync(store, name, context.Features.GetRequiredFeature<ApiToken>(), cancel);
        if (!long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var seq) || await deliveries.ReplayAsync(found.Id, seq, cancel) == 0)
            throw Errors.NoSuchDelivery(name, id);
        sender.Ring();
        return Results.Accepted(value: new Replay(1));
    }
}
