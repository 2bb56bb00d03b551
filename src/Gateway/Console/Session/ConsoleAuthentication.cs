using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Console.Session;

/// <summary>Lets in whoever has a cookie with a usable token. Pages lead the others to the sign-in, anything else is 401.</summary>
internal sealed class ConsoleAuthentication(RequestDelegate next, TokenGate gate)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (ConsolePaths.IsOpen(context.Request.Path))
        {
            await next(context);
            return;
        }

        if (await FindAsync(context) is not { } token) return;
        using var admitted = gate.Admit(context, token);
        await next(context);
    }

    /// <returns>Null: the answer is there already.</returns>
    private async Task<ApiToken?> FindAsync(HttpContext context)
    {
        try
        {
            return SessionCookie.Read(context) is { Length: > 0 } text
                ? await CheckAsync(context, text)
                : throw Errors.SignInRequired();
        }
        catch (ProblemException e) when (e.Problem.Status is 401 or 403 && IsForPeople(context.Request))
        {
            // The cookie stays: a token that is refused by its address is good again elsewhere, and the sign-in replaces it.
            var path = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : ConsolePaths.Root;
            var signIn = ConsolePaths.SignIn + QueryString.Create("return", path);
            if (SessionCookie.Read(context) is not null) signIn += "&why=" + e.Problem.Code;
            context.Response.Redirect(signIn);
            return null;
        }
    }

    private async ValueTask<ApiToken> CheckAsync(HttpContext context, string text)
    {
        try
        {
            return await gate.CheckAsync(context, text);
        }
        catch (ProblemException e) when (e.Problem.Status < 500)
        {
            gate.CountFailure(context);
            throw;
        }
    }

    private static bool IsForPeople(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}
