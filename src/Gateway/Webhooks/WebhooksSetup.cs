using Platform.Gateway.Tokens;

namespace Platform.Gateway.Webhooks;

internal static class WebhooksSetup
{
    public static void AddWebhooks(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section)
            .Validate(options => options.Retries.All(seconds => seconds is >= 0 and <= 86_400) && options.Concurrency is >= 1 and <= 100,
                "Webhooks:RetrySeconds are from 0 to 86,400 each, Webhooks:Concurrency is from 1 to 100.").ValidateOnStart();
        builder.Services.AddSingleton<WebhookStore>().AddSingleton<WebhookDeliveries>().AddSingleton<WebhookSecret>().AddSingleton<WebhookPost>().AddSingleton<WebhookSender>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WebhookSender>());
    }

    public static void MapWebhooks(this WebApplication app)
    {
        var webhooks = app.MapGroup("/v1/webhooks").RequireTokenScopeSomewhere(WebhookRules.Scope).WithTags("Webhooks").ProducesProblem(401).ProducesProblem(403);
        WriteWebhook.Map(webhooks);
        ReadWebhooks.Map(webhooks);
        SendAgain.Map(webhooks);
    }
}
