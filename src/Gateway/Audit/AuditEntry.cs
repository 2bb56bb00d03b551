namespace Platform.Gateway.Audit;

/// <summary>One request that changed something or was refused.</summary>
/// <param name="Id">Rises with time; 0: not stored yet.</param>
/// <param name="Actor">The token's name; null: the request had no valid one.</param>
/// <param name="Address">Of the connection that it came by, or of the one before a proxy that is believed.</param>
/// <param name="Path">Without the query; at most 500 characters.</param>
/// <param name="Status">That it was answered with; 499: the caller went before.</param>
/// <param name="Code">Of the problem that it was answered with.</param>
internal sealed record AuditEntry(
    long Id, DateTime At, string? Actor, Guid? TokenId, string? Address, string Method, string Path, int Status, string? Code, string? TraceId)
{
    public const int MaxPath = 500;
}
