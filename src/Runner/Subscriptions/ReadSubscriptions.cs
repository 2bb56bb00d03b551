using Platform.ServiceDefaults;
using RegistryClient = Platform.Registry.V1.Registry.RegistryClient;

namespace Platform.Runner.Subscriptions;

/// <summary>What a connection is subscribed to, and how each subscription stands.</summary>
internal static class ReadSubscriptions
{
    private const int ResolveSeconds = 10;

    public static void Map(RouteGroupBuilder subscriptions)
    {
        subscriptions.MapGet("/", ListAsync)
            .RequireConnectionScope("runs:read")
            .Produces<Page<SubscriptionView>>()
            .ProducesProblem(404)
            .WithSummary("The subscriptions of a connection, oldest first");
        subscriptions.MapGet("/{id}", async (string name, string id, RegistryClient registry, SubscriptionStore store, CancellationToken cancel) =>
                (await FindAsync(name, id, registry, store, cancel)).View())
            .RequireConnectionScope("runs:read")
            .Produces<SubscriptionView>()
            .ProducesProblem(404)
            .WithSummary("One subscription, and how it stands");
    }

    /// <exception cref="ProblemException">404 <c>unknown_connection</c> or <c>unknown_subscription</c>, for what is no id too.</exception>
    public static async Task<Subscription> FindAsync(string name, string id, RegistryClient registry, SubscriptionStore store, CancellationToken cancel)
    {
        var connection = await IdOfAsync(name, registry, cancel);
        return (Guid.TryParse(id, out var subscription) ? await store.FindAsync(connection, subscription, cancel) : null) ?? throw Errors.UnknownSubscription(name, id);
    }

    // Not in pages: there are few of them.
    private static async Task<Page<SubscriptionView>> ListAsync(string name, RegistryClient registry, SubscriptionStore store, CancellationToken cancel) =>
        new([.. (await store.ListAsync(await IdOfAsync(name, registry, cancel), cancel)).Select(s => s.View())], null);

    private static async Task<Guid> IdOfAsync(string name, RegistryClient registry, CancellationToken cancel) =>
        Guid.Parse((await registry.ResolveConnectionAsync(new() { Name = name }, deadline: DateTime.UtcNow.AddSeconds(ResolveSeconds), cancellationToken: cancel)).Id);
}
