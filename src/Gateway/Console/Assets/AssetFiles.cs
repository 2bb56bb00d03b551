using System.Collections.Frozen;
using Platform.Gateway.Console.Session;
using Platform.Gateway.Embedded;

namespace Platform.Gateway.Console.Assets;

/// <summary>Styles, scripts and the icon. Their addresses change with their contents, so that browsers may keep them.</summary>
internal static class AssetFiles
{
    private static readonly FrozenDictionary<string, EmbeddedFile> Files = EmbeddedFile.Load(
        "console", ("console.css", "text/css"), ("console.js", "text/javascript"), ("theme.js", "text/javascript"), ("icon.svg", "image/svg+xml"));

    public static string Url(string name) => $"{ConsolePaths.Assets}/{name}?v={Files[name].Hash}";

    public static IResult Answer(string name, HttpContext context) => Files.TryGetValue(name, out var asset)
        ? asset.Answer(context, context.Request.Query["v"] == asset.Hash ? "public, max-age=31536000, immutable" : "no-cache")
        : throw Errors.UnknownPage(context.Request.Path);
}
