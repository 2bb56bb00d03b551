using Platform.ServiceDefaults;

namespace Platform.Gateway.Events;

internal static class EventsSetup
{
    public static void AddEventFeed(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<EventsOptions>().BindConfiguration(EventsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<EventStore>().AddSingleton<EventFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<EventFeed>()).AddHostedService<EventRetention>();
        builder.AddEventBatchConsumer(services => services.GetRequiredService<EventStore>().AppendAsync);
    }
}
