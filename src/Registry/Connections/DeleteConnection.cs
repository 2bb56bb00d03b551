using Dapper;
using Npgsql;
using Platform.Contracts;
using Platform.ServiceDefaults;

namespace Platform.Registry.Connections;

/// <summary>
/// DELETE /v1/connections/{name}: it is gone at once, its name is free and its id is never given again. What belongs to it elsewhere follows from the event:
/// Runner cancels and unschedules, Ingest bars it and purges.
/// </summary>
internal static class DeleteConnection
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/connections/{name}", HandleAsync)
            .RequireConnectionScope("connections:write")
            .WithName("DeleteConnection").WithSummary("Deletes a connection and all that it brought").WithTags("Connections")
            .WithDescription("Its runs are cancelled, its schedules removed, its objects and states purged, soon after the answer. If-Match is optional.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(404).ProducesProblem(412);

    private static async Task<IResult> HandleAsync(string name, HttpContext context, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (name.Contains('\0')) throw Errors.UnknownConnection(name);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        var row = await connection.QuerySingleOrDefaultAsync<ConnectionRow>(new CommandDefinition(
            $"DELETE FROM connections WHERE name = @name RETURNING {ConnectionRow.Columns}", new { name }, transaction, cancellationToken: cancel))
            ?? throw Errors.UnknownConnection(name);
        if (!IfMatch.Of(context.Request).Holds(row.ETag)) throw Errors.ETagMismatch(row.ETag);
        await Outbox.AppendAsync(transaction, new OutboxEvent(Guid.CreateVersion7(), EventTypes.ConnectionDeleted, row.Connector, "/registry",
            new ConnectionDeleted(row.Id, row.Name, row.Connector)), cancel);
        await transaction.CommitAsync(cancel);
        return Results.NoContent();
    }
}
