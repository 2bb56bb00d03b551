using Npgsql;
using Platform.Ingest.Objects;
using Platform.ServiceDefaults;

namespace Platform.Ingest.States;

/// <summary><c>DELETE /v1/connections/{name}/state</c>: the next run begins anew, for one stream or for all.</summary>
internal static class ResetState
{
    public static void MapResetState(this IEndpointRouteBuilder routes) =>
        routes.MapDelete("/v1/connections/{name}/state", HandleAsync)
            .RequireConnectionScope("objects:write")
            .WithErrors("connection_deleted", "unknown_connection")
            .WithName("ResetState").WithSummary("Forgets the sync state of one stream, or of all").WithTags("State")
            .Produces<StateView>().ProducesProblem(404).ProducesProblem(409).ProducesProblem(412);

    private static async Task<StateView> HandleAsync(
        string name, string? stream, HttpContext context, StateChange changes, ConnectionIds connections, CancellationToken cancellation)
    {
        var id = await connections.ResolveAsync(name, cancellation);
        StreamName.Check(stream);
        var view = await changes.RunAsync(id, name, IfMatch.Of(context.Request), async (connection, _, token) =>
        {
            await using var delete = new NpgsqlCommand("DELETE FROM states WHERE connection_id = $1 AND ($2 IS NULL OR stream = $2)", connection)
            {
                Parameters = { new() { Value = id }, new() { Value = (object?)stream ?? DBNull.Value, DataTypeName = "text" } }
            };
            await delete.ExecuteNonQueryAsync(token);
        }, cancellation);
        context.Response.Headers.ETag = view.ETag;
        return view;
    }
}
