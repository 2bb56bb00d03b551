using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Subscriptions;

/// <summary>The connector is told, where it can be; what still comes is refused. Objects that came stay.</summary>
internal static class DeleteSubscription
{
    public static void Map(RouteGroupBuilder subscriptions) => subscriptions
        .MapDelete("/{id}", HandleAsync)
        .RequireConnectionScope("runs:start")
        .Produces(StatusCodes.Status204NoContent)
        .ProducesProblem(404)
        .WithSummary("End a subscription");

    private static async Task<IResult> HandleAsync(string name, string id, RegistryClient registry, SubscriptionStore store, CancellationToken cancel)
    {
        var subscription = await ReadSubscriptions.FindAsync(name, id, registry, store, cancel);
        await store.RemoveAsync(subscription.ConnectionId, subscription.Id, cancel);
        return Results.NoContent();
    }
}
