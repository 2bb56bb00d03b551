namespace Platform.Ingest.Rejects;

internal static class RejectsSetup
{
    public static void MapRejects(this IEndpointRouteBuilder routes)
    {
        routes.MapListRejects();
        routes.MapGetReject();
        ReplayReject.Map(routes);
        routes.MapDismissReject();
    }
}
