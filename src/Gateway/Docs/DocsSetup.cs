using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Platform.Gateway.Console.Session;

namespace Platform.Gateway.Docs;

/// <summary>
/// The API for people, at <c>/docs</c>: a page that reads <c>/openapi.json</c>, of files that are in the program itself. It needs neither a token nor the internet.
/// </summary>
internal static class DocsSetup
{
    private const string Root = "/docs";
    private const string Page = "docs.html";

    private sealed record File(byte[] Content, string Type, string Hash);

    private static readonly FrozenDictionary<string, File> Files = new[] { (Page, "text/html"), ("docs.css", "text/css"), ("docs.js", "text/javascript") }
        .ToFrozenDictionary(file => file.Item1, file => Read(file.Item1, file.Item2), StringComparer.Ordinal);

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

    private static IResult Answer(string name, HttpContext context)
    {
        if (!Files.TryGetValue(name, out var file)) throw Errors.UnknownRoute(context.Request.Method, context.Request.Path);
        // Asked for anew each time, and mostly answered with 304: page, script and styles are always of one version.
        context.Response.Headers.CacheControl = "no-cache";
        return Results.Bytes(file.Content, file.Type + "; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{file.Hash}\""));
    }

    private static File Read(string name, string type)
    {
        using var stream = typeof(DocsSetup).Assembly.GetManifestResourceStream($"docs/{name}") ?? throw new InvalidOperationException($"The program lacks its file {name}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new(content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..12]);
    }
}
