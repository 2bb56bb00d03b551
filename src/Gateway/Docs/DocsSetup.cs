using System.Collections.Frozen;
using Platform.Gateway.Console.Session;
using Platform.Gateway.Embedded;

namespace Platform.Gateway.Docs;

/// <summary>
/// The API for people, at <c>/docs</c>: a page that reads <c>/openapi.json</c>, of files that are in the program itself. It needs neither a token nor the internet.
/// </summary>
internal static class DocsSetup
{
    private const string Root = "/docs";
    private const string Page = "docs.html";

    private static readonly FrozenDictionary<string, EmbeddedFile> Files =
        EmbeddedFile.Load("docs", (Page, "text/html"), ("docs.css", "text/css"), ("docs.js", "text/javascript"));

    /// <summary>Whether this path needs no token, whatever is there.</summary>
    public static bool Covers(PathString path) => path.StartsWithSegments(Root);

    /// <summary>The same as the console's: nothing but what comes from here.</summary>
    public static void UseDocs(this WebApplication app) =>
        app.UseWhen(context => Covers(context.Request.Path), docs => docs.UseMiddleware<ConsoleHeaders>());

    public static void MapDocs(this WebApplication app)
    {
        app.MapGet(Root, (HttpContext context) => Answer(Page, context)).ExcludeFromDescription();
        app.MapGet(Root + "/{name}", Answer).ExcludeFromDescription();
    }

    // Asked for anew each time, and mostly answered with 304: page, script and styles are always of one version.
    private static IResult Answer(string name, HttpContext context) =>
        Files.TryGetValue(name, out var file) ? file.Answer(context, "no-cache") : throw Errors.UnknownRoute(context.Request.Method, context.Request.Path);
}
