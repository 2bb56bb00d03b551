using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Npgsql;
using Platform.Ingest.Deletion;
using Platform.Ingest.Load;
using Platform.Ingest.Objects;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Rejects;

/// <summary>
/// <c>POST /v1/rejects/{id}/replay</c>: stores an object that could not be stored, under today's rules or mended, and forgets the reject,
/// in one transaction. What it leaves looks as if a load had brought it.
/// </summary>
internal sealed class ReplayReject(
    NpgsqlDataSource database, Retries retries, ConnectionIds connections, IOptions<LoadOptions> options)
{
    /// <param name="RemoteId">A key instead of the object's own.</param>
    /// <param name="ReplaceInvalid">Bytes that are no UTF-8, and U+0000, become U+FFFD.</param>
    /// <param name="Force">Also over an object that was written after the reject.</param>
    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    public sealed record Body(string? RemoteId = null, bool ReplaceInvalid = false, bool Force = false);

    /// <param name="Result">inserted, updated, unchanged or deleted.</param>
    public sealed record Replayed(long Id, string Connection, string Stream, string RemoteId, string Result);

    // An object may have 64 MiB, and is held several times over while it is mended.
    private readonly SemaphoreSlim _oneAtATime = new(1);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/rejects/{id:long}/replay", (long id, Body? body, HttpContext context, ReplayReject replay, CancellationToken cancellation) =>
                replay.RunAsync(id, body ?? new(), context.Caller(), cancellation))
            .RequireScopeSomewhere("objects:write")
            .WithErrors("connection_deleted", "reject_incomplete", "reject_not_storable", "unknown_connection", "unknown_reject")
            .WithExample("""{"replace_invalid": true}""")
            .WithName("ReplayReject").WithSummary("Stores it after all").WithTags("Rejects")
            .Produces<Replayed>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(422);

    private async Task<Replayed> RunAsync(long id, Body body, Caller caller, CancellationToken cancellation)
    {
        await _oneAtATime.WaitAsync(cancellation);
        try
        {
            var (connectionId, name) = await FindConnectionAsync(id, caller, cancellation);
            // It may have been removed, and another one may have its name.
            if (await connections.ResolveAsync(name, cancellation) != connectionId)
                throw Errors.UnknownConnection(name);
            return await retries.RunAsync(token => TryReplayAsync(id, body, connectionId, name, token), cancellation);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task<(Guid Id, string Name)> FindConnectionAsync(long id, Caller caller, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"SELECT r.connection_id, n.name FROM rejects r JOIN connections n USING (connection_id) WHERE r.id = $1 AND {RejectView.IsCovered("$2")}");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(RejectView.CoveredBy(caller));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetGuid(0), reader.GetString(1)) : throw Errors.UnknownReject(id);
    }

    private async Task<Replayed> TryReplayAsync(long id, Body body, Guid connectionId, string name, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var store = await StoreObject.LockAsync(transaction, connectionId, cancellation);
        if (await DeletedConnections.FindAsync(connection, connectionId, cancellation))
            throw Errors.ConnectionDeleted(name);
        await OpenRuns.RefuseAsync(connection, connectionId, name, cancellation);
        var kept = await KeptReject.TakeAsync(connection, id, cancellation) ?? throw Errors.UnknownReject(id);
        if (kept.Raw.Length != kept.Size)
            throw Errors.RejectIncomplete(id, kept.Raw.Length, kept.Size);
        var (page, fields) = ReplayedObject.Of(kept.Raw, body.RemoteId, body.ReplaceInvalid);
        var reason = kept.IsDelete ? RejectReason.OfKey(page.Span, fields.RemoteId) : RejectReason.Of(page.Span, fields, options.Value.MaxObjectBytes);
        if (reason is not null)
            throw Errors.RejectNotStorable(id, reason);

        var written = await store.RunAsync(kept, page, fields, body.Force, cancellation);
        await transaction.CommitAsync(CancellationToken.None);
        return new(id, name, kept.Stream, written.RemoteId, written.Result);
    }
}

/// <summary>A reject that its transaction has taken out of the table.</summary>
internal sealed record KeptReject(long Id, Guid RunId, string Stream, long Size, byte[] Raw, bool IsDelete, DateTime RejectedAt)
{
    /// <returns>Null: there is none, or somebody else was faster.</returns>
    public static async Task<KeptReject?> TakeAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "DELETE FROM rejects WHERE id = $1 RETURNING run_id, stream, size, raw, is_delete, rejected_at", connection)
        { Parameters = { new() { Value = id } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new(id, reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), reader.GetFieldValue<byte[]>(3), reader.GetBoolean(4), reader.GetDateTime(5))
            : null;
    }
}
