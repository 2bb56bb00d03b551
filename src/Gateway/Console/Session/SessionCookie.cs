using Microsoft.AspNetCore.Authentication.Cookies;

namespace Platform.Gateway.Console.Session;

/// <summary>
/// The cookie that keeps a signed-in token: out of reach of scripts, sent from the console's own pages only, and to the console's paths only.
/// It ends with the browser's session; the token itself is judged at each request.
/// </summary>
internal static class SessionCookie
{
    public const string Name = "platform_console";

    // An issuer's token may be longer than the 4 KB that a browser keeps of a cookie: then it is several.
    private static readonly ChunkingCookieManager Manager = new();

    public static string? Read(HttpContext context) => Manager.GetRequestCookie(context, Name);

    public static void Write(HttpContext context, string token) => Manager.AppendResponseCookie(context, Name, token, Options(context));

    public static void Remove(HttpContext context) => Manager.DeleteCookie(context, Name, Options(context));

    private static CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        Path = ConsolePaths.Root,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
    };
}
