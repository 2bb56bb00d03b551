using System.Data;
using Npgsql;
using Platform.Ingest.Load;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Rejects;

/// <param name="Fields">Null when not all bytes were kept, or too many for this answer.</param>
/// <param name="RawBase64">The bytes that were kept, a platform.objects.v1.Object; null when they are too many: see <c>/raw</c>.</param>
internal sealed record RejectDetail(RejectView Reject, RejectFields? Fields, string? RawBase64) : RejectView(Reject);

/// <summary>What the object says; a field that is no UTF-8 is null.</summary>
internal sealed record RejectFields(string? RemoteId, string? ResourceName, string? Uri, string? Metadata);

/// <summary><c>GET /v1/rejects/{id}</c> and <c>GET /v1/rejects/{id}/raw</c>.</summary>
internal static class GetReject
{
    private const int MaxShownBytes = 1 << 20;

    public static void MapGetReject(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/rejects/{id:long}", ShowAsync)
            .RequireScopeSomewhere("objects:read")
            .WithErrors("unknown_reject")
            .WithName("GetReject").WithSummary("Shows one, with its fields and bytes").WithTags("Rejects")
            .Produces<RejectDetail>().ProducesProblem(404);
        routes.MapGet("/v1/rejects/{id:long}/raw", DownloadAsync)
            .RequireScopeSomewhere("objects:read")
            .WithErrors("unknown_reject")
            .WithName("GetRejectBytes").WithSummary("The bytes that were kept, whatever their size").WithTags("Rejects")
            .Produces<Stream>(contentType: "application/octet-stream").ProducesProblem(404);
    }

    private static async Task<RejectDetail> ShowAsync(long id, HttpContext context, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"SELECT {RejectView.Columns}, CASE WHEN length(r.raw) <= {MaxShownBytes} THEN r.raw END FROM rejects r WHERE r.id = $1 AND {RejectView.IsCovered("$2")}");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(RejectView.CoveredBy(context.Caller()));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            throw Errors.UnknownReject(id);
        var reject = RejectView.Read(reader);
        if (reader.IsDBNull(11))
            return new(reject, null, null);
        var raw = reader.GetFieldValue<byte[]>(11);
        return new(reject, reject.Complete ? FieldsOf(raw) : null, Convert.ToBase64String(raw));
    }

    private static RejectFields FieldsOf(byte[] raw)
    {
        var (page, fields) = ReplayedObject.Read(raw);
        string? Text(Slice slice) => RejectView.TextOf(slice.Of(page.Span));
        return new(Text(fields.RemoteId), Text(fields.ResourceName), Text(fields.Uri), Text(fields.Metadata));
    }

    private static async Task DownloadAsync(long id, NpgsqlDataSource database, HttpResponse response, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"SELECT length(r.raw), r.raw FROM rejects r WHERE r.id = $1 AND {RejectView.IsCovered("$2")}");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(RejectView.CoveredBy(response.HttpContext.Caller()));
        // Read from the wire as it is sent on.
        await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancellation);
        if (!await reader.ReadAsync(cancellation))
            throw Errors.UnknownReject(id);
        response.ContentLength = reader.GetInt32(0);
        response.ContentType = "application/octet-stream";
        await using var raw = await reader.GetStreamAsync(1, cancellation);
        await raw.CopyToAsync(response.Body, cancellation);
    }
}
