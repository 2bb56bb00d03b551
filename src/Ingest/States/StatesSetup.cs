namespace Platform.Ingest.States;

internal static class StatesSetup
{
    public static void MapStates(this IEndpointRouteBuilder routes)
    {
        routes.MapGetState();
        routes.MapPutState();
        routes.MapResetState();
    }
}
