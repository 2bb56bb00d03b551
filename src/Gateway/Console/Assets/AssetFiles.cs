using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;
using Platform.Gateway.Console.Session;

namespace Platform.Gateway.Console.Assets;

/// <summary>Styles, scripts and the icon, out of the program itself: there is no folder that a deployment could forget. Their addresses change with their contents.</summary>
internal static class AssetFiles
{
    private sealed record Asset(byte[] Content, string Type, string Hash);

    private static readonly FrozenDictionary<string, Asset> Files = new[] { ("console.css", "text/css"), ("console.js", "text/javascript"), ("theme.js", "text/javascript"), ("icon.svg", "image/svg+xml") }
        .ToFrozenDictionary(file => file.Item1, file => Read(file.Item1, file.Item2), StringComparer.Ordinal);

    public static string Url(string name) => $"{ConsolePaths.Assets}/{name}?v={Files[name].Hash}";

    public static IResult Answer(string name, HttpContext context)
    {
        if (!Files.TryGetValue(name, out var asset)) throw Errors.UnknownPage(context.Request.Path);
        context.Response.Headers.CacheControl = context.Request.Query["v"] == asset.Hash ? "public, max-age=31536000, immutable" : "no-cache";
        return Results.Bytes(asset.Content, asset.Type + "; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{asset.Hash}\""));
    }

    private static Asset Read(string name, string type)
    {
        using var stream = typeof(AssetFiles).Assembly.GetManifestResourceStream($"console/{name}") ?? throw new InvalidOperationException($"The program lacks its file {name}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new(content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..12]);
    }
}
