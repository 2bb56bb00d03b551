using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Audit;

/// <summary>GET /v1/audit: who asked for what, and who was refused.</summary>
internal static class ReadAudit
{
    /// <param name="Actor">Only what the token of this name asked for.</param>
    /// <param name="Path">Only paths that begin so, such as /v1/connections/orders.</param>
    /// <param name="Denied">Only what was refused: 401, 403 and 429.</param>
    /// <param name="Since">Only from this time on.</param>
    /// <param name="Until">Only before this time.</param>
    internal sealed record Query(
        [FromQuery(Name = "actor")] string? Actor, [FromQuery(Name = "path")] string? Path, [FromQuery(Name = "denied")] bool? Denied,
        [FromQuery(Name = "since")] DateTimeOffset? Since, [FromQuery(Name = "until")] DateTimeOffset? Until, [FromQuery(Name = "limit")] int? Limit, [FromQuery(Name = "cursor")] string? Cursor);

    public static void Map(WebApplication app) => app
        .MapGet("/v1/audit", ListAsync)
        .RequireTokenScope(TokenScopes.Admin)
        .WithErrors("bad_cursor", "bad_limit")
        .Produces<Page<AuditEntry>>().ProducesProblem(400)
        .WithName("ListAudit").WithSummary("Requests that changed something or were refused, the newest first").WithTags("Audit");

    public static async Task<Page<AuditEntry>> ListAsync([AsParameters] Query query, AuditStore store, CancellationToken cancel)
    {
        var limit = Limit.Parse(query.Limit);
        var found = await store.ListAsync(
            new(query.Actor, query.Path, query.Denied == true, query.Since?.UtcDateTime, query.Until?.UtcDateTime, BeforeOf(query.Cursor)), limit + 1, cancel);
        return found.Count > limit
            ? new([.. found.Take(limit)], Cursor.Encode(found[limit - 1].Id.ToString(CultureInfo.InvariantCulture)))
            : new(found, null);
    }

    private static long? BeforeOf(string? cursor) => Cursor.Decode(cursor, 1) switch
    {
        null => null,
        [var id] when long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var before) => before,
        _ => throw Cursor.Bad(),
    };
}
