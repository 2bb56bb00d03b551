using System.Text.Json.Serialization;

namespace Platform.Gateway.Tokens;

/// <summary>A token as its administrators see it.</summary>
/// <param name="Token">Its text, in the answer that makes it and never again.</param>
/// <param name="Addresses">Networks in CIDR notation that it may be used from; none: from anywhere.</param>
/// <param name="CreatedBy">The name of the token that made it; null: the platform.</param>
/// <param name="PreviousUntil">Its text before the last rotation works until then; null: it does not.</param>
/// <param name="LastUsedAt">A few seconds late; null: never used.</param>
internal sealed record TokenView(
    Guid Id, string Name, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token, IReadOnlyList<string> Scopes, IReadOnlyList<string> Addresses,
    DateTime CreatedAt, string? CreatedBy, DateTime? ExpiresAt, DateTime? RotatedAt, DateTime? PreviousUntil, DateTime? LastUsedAt, DateTime? RevokedAt);
