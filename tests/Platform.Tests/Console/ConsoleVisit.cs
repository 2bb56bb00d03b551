using System.Text.RegularExpressions;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Platform.Tests.Console;

/// <summary>One person's visit of the console, with everything that the browser complains of.</summary>
internal sealed partial class ConsoleVisit : IAsyncDisposable
{
    /// <summary>For anything that is waited for on a page, in milliseconds.</summary>
    public const float Patience = 30_000;

    /// <summary>For an install or a run to end, in milliseconds.</summary>
    public const float LongPatience = 90_000;

    /// <summary>Screenshots are made where this variable names a folder.</summary>
    private const string ScreenshotFolder = "PLATFORM_SCREENSHOTS";

    public static readonly ViewportSize Wide = new() { Width = 1280, Height = 800 };
    private static readonly ViewportSize Narrow = new() { Width = 320, Height = 640 };

    private readonly IBrowserContext context;
    private readonly List<string> complaints = [];

    public ConsoleVisit(IBrowserContext context, IPage page)
    {
        (this.context, Page) = (context, page);
        page.PageError += (_, error) => complaints.Add(error);
        page.Console += (_, message) =>
        {
            // That a form or a search was refused is what the test asked for; the browser tells it of every document.
            if (message.Type is "error" or "warning" && !AskedFor().IsMatch(message.Text)) complaints.Add($"{message.Type}: {message.Text} ({message.Location})");
        };
    }

    public IPage Page { get; }

    public async Task SignInAsync(string token)
    {
        await Page.GotoAsync("/");
        await Page.GetByLabel("Token").FillAsync(token);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();
    }

    /// <summary>The field for text with this label.</summary>
    public ILocator Box(string label) => Page.GetByRole(AriaRole.Textbox, new() { Name = label });

    public Task ClickAsync(string button) => Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync();

    public Task FollowAsync(string link) => Page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).First.ClickAsync();

    public Task SeeAsync(string heading) => Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = heading, Level = 1 })).ToBeVisibleAsync();

    public Task ExpectTextAsync(string text) => Assertions.Expect(Page.Locator("main")).ToContainTextAsync(text);

    /// <summary>Waits until the page at hand, of a run or an install, says so by itself.</summary>
    public Task ExpectStateAsync(string state) =>
        Assertions.Expect(Page.Locator("#facts .lead .state")).ToHaveTextAsync(state, new() { Timeout = LongPatience });

    /// <summary>The present page in light and dark, by axe's rules, and on the narrowest screen.</summary>
    public async Task JudgeAsync()
    {
        // What a service could not do is told in the page, which axe is content with.
        if (await Page.Locator(".problem .code").AllInnerTextsAsync() is var codes && codes.Contains("internal_error"))
            Assert.Fail($"{Page.Url} has met a defect: {string.Join(' ', await Page.Locator(".problem").AllInnerTextsAsync())}");
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            var violations = (await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] })).Violations.Where(v => v.Impact is "serious" or "critical");
            Assert.True(!violations.Any(), $"{Page.Url} in {scheme}:\n" + string.Join('\n', violations.Select(v => $"{v.Id}: {v.Help} at {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html))}")));
        }

        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        await Page.SetViewportSizeAsync(Narrow.Width, Narrow.Height);
        var wider = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");
        Assert.True(wider <= 0, $"{Page.Url} is {wider} pixels wider than the screen of {Narrow.Width}: " + await Page.EvaluateAsync<string>(
            "() => [...document.querySelectorAll('body *')].filter(e => (e.getBoundingClientRect().right > innerWidth || e.scrollWidth > innerWidth) && !e.closest('.scroll')).slice(-3).map(e => e.outerHTML.slice(0, 200)).join(' | ')"));
        // A wide table scrolls, and what it is called is read without.
        var cut = await Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('caption')].filter(e => e.getBoundingClientRect().right > innerWidth).map(e => e.innerText)");
        Assert.True(cut.Length == 0, $"{Page.Url} cuts off what its tables are called: {string.Join(" | ", cut)}");
        await Page.SetViewportSizeAsync(Wide.Width, Wide.Height);
    }

    public async Task ScreenshotAsync(string name, ColorScheme scheme = ColorScheme.Light)
    {
        if (Environment.GetEnvironmentVariable(ScreenshotFolder) is not { Length: > 0 } folder) return;
        await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
        await Page.EvaluateAsync("() => { document.activeElement?.blur(); scrollTo(0, 0); }");
        await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), Animations = ScreenshotAnimations.Disabled });
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
    }

    public void AssertNothingToComplainOf() => Assert.True(complaints.Count == 0, "The browser complains:\n" + string.Join('\n', complaints));

    public ValueTask DisposeAsync() => new(context.CloseAsync());

    [GeneratedRegex(@"^Failed to load resource: the server responded with a status of (400|401|403|404|422) ")]
    private static partial Regex AskedFor();
}
