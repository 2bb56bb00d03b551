using Microsoft.Playwright;

namespace Platform.Tests.Console;

/// <summary>Debian's chromium without a screen, once for the tests of a class.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string Program = "/usr/bin/chromium";

    private IPlaywright? playwright;
    private IBrowser? browser;

    internal async Task<ConsoleVisit> VisitAsync(PlatformFixture platform)
    {
        Repository.Require("chromium", "chromium");
        playwright ??= await Playwright.CreateAsync();
        browser ??= await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            // As root, which containers of tests are, its sandbox does not start. No pages but ours are opened.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        });
        var context = await browser.NewContextAsync(new()
        {
            BaseURL = platform.GatewayUrl.ToString(),
            ViewportSize = ConsoleVisit.Wide,
            ColorScheme = ColorScheme.Light,
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(ConsoleVisit.Patience);
        return new(context, await context.NewPageAsync());
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.CloseAsync();
        playwright?.Dispose();
    }
}
