using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Proxies;

/// <summary>
/// Behind a proxy, addresses and https are what that says in X-Forwarded-For and X-Forwarded-Proto: for tokens that are bound to addresses, for limits,
/// the audit log, the console's cookie and redirects. From anybody else these headers mean nothing.
/// </summary>
internal static class ProxySetup
{
    public static void AddProxies(this IServiceCollection services)
    {
        services.AddOptions<ProxySettings>().BindConfiguration(ProxySettings.Section)
            .Validate(settings => settings.Networks.All(text => AddressRange.TryParse(text, out _)), "Proxy:Networks has an entry that is neither an address nor a network such as 10.0.0.0/8.").ValidateOnStart();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<ProxySettings>>((headers, settings) =>
        {
            headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
            // Of several proxies in a row each adds what it saw: back to the first that is not one of them.
            headers.ForwardLimit = null;
            headers.KnownProxies.Clear();
            headers.KnownIPNetworks.Clear();
            foreach (var text in settings.Value.Networks)
                if (AddressRange.TryParse(text, out var network))
                    headers.KnownIPNetworks.Add(network);
        });
    }

    /// <summary>Before all that asks who it is.</summary>
    public static void UseProxies(this WebApplication app)
    {
        // With nobody to trust the middleware would trust everybody.
        if (app.Services.GetRequiredService<IOptions<ProxySettings>>().Value.Networks.Count > 0) app.UseForwardedHeaders();
    }
}
