using System.Text.Json.Serialization;

namespace Platform.Gateway.Webhooks;

/// <summary>A webhook as its owners see it.</summary>
/// <param name="Types">Patterns of the types of events that it gets; none: all.</param>
/// <param name="Connections">That they are about; none: all, and events about none.</param>
/// <param name="DisabledReason">Why the platform disabled it.</param>
/// <param name="Secret">In the answer that makes it and never again.</param>
/// <param name="PreviousUntil">The secret before signs as well until then; null: it does not.</param>
internal sealed record WebhookView(
    Guid Id, string Name, string Url, IReadOnlyList<string> Types, IReadOnlyList<string> Connections, bool Enabled, string? DisabledReason,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Secret, DateTime? PreviousUntil, string CreatedBy, DateTime CreatedAt, DateTime UpdatedAt)
{
    public static WebhookView Of(Webhook webhook, string? secret = null) => new(
        webhook.Id, webhook.Name, webhook.Url, webhook.Types, webhook.Connections, webhook.Enabled, webhook.DisabledReason,
        secret, webhook.PreviousUntil, webhook.CreatedBy, webhook.CreatedAt, webhook.UpdatedAt);
}
