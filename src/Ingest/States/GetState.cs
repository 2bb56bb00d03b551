using Npgsql;
using Platform.Ingest.Objects;
using Platform.ServiceDefaults;

namespace Platform.Ingest.States;

/// <summary><c>GET /v1/connections/{name}/state</c>: where the next run goes on.</summary>
internal static class GetState
{
    public static void MapGetState(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/connections/{name}/state", HandleAsync)
            .RequireConnectionScope("objects:read")
            .WithErrors("unknown_connection")
            .WithName("GetState").WithSummary("Shows a connection's sync state").WithTags("State")
            .Produces<StateView>().ProducesProblem(404);

    private static async Task<StateView> HandleAsync(
        string name, string? stream, HttpResponse response, NpgsqlDataSource database, ConnectionIds connections, CancellationToken cancellation)
    {
        var id = await connections.ResolveAsync(name, cancellation);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var view = await StateView.ReadAsync(connection, id, name, StreamName.Check(stream), cancellation);
        response.Headers.ETag = view.ETag;
        return view;
    }
}
