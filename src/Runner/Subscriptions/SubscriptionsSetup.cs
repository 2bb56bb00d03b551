namespace Platform.Runner.Subscriptions;

internal static class SubscriptionsSetup
{
    public static void AddSubscriptions(this IServiceCollection services) => services
        .AddSingleton<SubscriptionStore>().AddSingleton<ListenerStore>().AddSingleton<ListenSessions>().AddSingleton<ListenExecution>().AddHostedService<ListenWorker>();

    public static void MapSubscriptions(this IEndpointRouteBuilder routes)
    {
        var subscriptions = routes.MapGroup("/v1/connections/{name}/subscriptions").WithTags("Subscriptions");
        CreateSubscription.Map(subscriptions);
        ReadSubscriptions.Map(subscriptions);
        DeleteSubscription.Map(subscriptions);
    }
}
