using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Platform.Gateway.Embedded;

/// <summary>A file that is in the program itself: there is no folder that a deployment could forget.</summary>
/// <param name="Hash">Changes with the content.</param>
internal sealed record EmbeddedFile(byte[] Content, string Type, string Hash)
{
    /// <param name="prefix">As Gateway.csproj gives it to the resources.</param>
    public static FrozenDictionary<string, EmbeddedFile> Load(string prefix, params (string Name, string Type)[] files) =>
        files.ToFrozenDictionary(file => file.Name, file => Read($"{prefix}/{file.Name}", file.Type), StringComparer.Ordinal);

    /// <param name="cache">Of Cache-Control.</param>
    public IResult Answer(HttpContext context, string cache)
    {
        context.Response.Headers.CacheControl = cache;
        return Results.Bytes(Content, Type + "; charset=utf-8", entityTag: new EntityTagHeaderValue($"\"{Hash}\""));
    }

    private static EmbeddedFile Read(string resource, string type)
    {
        using var stream = typeof(EmbeddedFile).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The program lacks its file {resource}.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new(content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..12]);
    }
}
