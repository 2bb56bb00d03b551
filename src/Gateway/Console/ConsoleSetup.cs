using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components.Endpoints;
using Platform.Gateway.Console.Assets;
using Platform.Gateway.Console.Parts;
using Platform.Gateway.Console.Services;
using Platform.Gateway.Console.Session;
using Platform.Gateway.Events;
using Platform.Gateway.Limits;

namespace Platform.Gateway.Console;

/// <summary>The console: pages made on the server, at <c>/</c>.</summary>
internal static class ConsoleSetup
{
    public static void AddConsole(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddRazorComponents();
        services.AddHttpContextAccessor().AddScoped<ServiceCalls>().AddScoped<ConsoleAudit>();
        services.AddAntiforgery(forms =>
        {
            forms.Cookie.Name = "platform_form";
            forms.Cookie.Path = ConsolePaths.Root;
            forms.Cookie.SameSite = SameSiteMode.Strict;
            forms.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            // Set for every answer by ConsoleHeaders, and stricter.
            forms.SuppressXFrameOptionsHeader = true;
        });
        // Keys that are not encrypted: see KeyTable.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
    }

    public static void UseConsole(this WebApplication app) => app.UseWhen(context => ConsolePaths.Covers(context.Request.Path), console =>
    {
        console.UseMiddleware<ConsoleHeaders>();
        console.UseMiddleware<ConsoleFailures>();
        console.UseMiddleware<ConsoleAuthentication>();
        console.UseAntiforgery();
        console.Use((context, next) => context.Features.Get<IAntiforgeryValidationFeature>() is { IsValid: false } ? throw Errors.FormRefused() : next(context));
    });

    public static void MapConsole(this WebApplication app)
    {
        app.MapGet("/", () => Results.Redirect(ConsolePaths.Root)).ExcludeFromDescription();
        app.MapGet(ConsolePaths.Assets + "/{name}", AssetFiles.Answer).ExcludeFromDescription();
        app.MapPost(ConsolePaths.SignOut, SignOut).WithMetadata(new RequireAntiforgeryTokenAttribute()).ExcludeFromDescription();
        // The page's own requirement of a scope is not asked here: whoever may hear of no events gets none.
        app.MapGet(ConsolePaths.Root + "/events/stream", ReadEvents.HandleAsync).IsLong().ExcludeFromDescription();
        app.MapRazorComponents<ConsoleDocument>();
    }

    private static IResult SignOut(HttpContext context)
    {
        SessionCookie.Remove(context);
        return Results.LocalRedirect(ConsolePaths.SignIn);
    }
}
