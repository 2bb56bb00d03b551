using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Rejects;

/// <summary><c>DELETE /v1/rejects/{id}</c>: somebody has looked, and does not want it.</summary>
internal static class DismissReject
{
    public static void MapDismissReject(this IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/rejects/{id:long}", HandleAsync)
            .RequireScopeSomewhere("objects:write")
            .WithErrors("unknown_reject")
            .WithName("DismissReject").WithSummary("Forgets one").WithTags("Rejects")
            .Produces(204).ProducesProblem(404);

    private static async Task<IResult> HandleAsync(long id, HttpContext context, NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"DELETE FROM rejects r WHERE r.id = $1 AND {RejectView.IsCovered("$2")}");
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(RejectView.CoveredBy(context.Caller()));
        return await command.ExecuteNonQueryAsync(cancellation) == 1 ? Results.NoContent() : throw Errors.UnknownReject(id);
    }
}
