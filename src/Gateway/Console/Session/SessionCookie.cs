namespace Platform.Gateway.Console.Session;

/// <summary>
/// The cookie that keeps a signed-in token: out of reach of scripts, sent from the console's own pages only, and to the console's paths only.
/// It ends with the browser's session; the token itself is judged at each request.
/// </summary>
internal static class SessionCookie
{
    public const string Name = "platform_console";

    public static string? Read(HttpContext context) => context.Request.Cookies[Name];

    public static void Write(HttpContext context, string token) => context.Response.Cookies.Append(Name, token, Options(context));

    public static void Remove(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context));

    private static CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        IsEssential = true,
        Path = ConsolePaths.Root,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
    };
}
