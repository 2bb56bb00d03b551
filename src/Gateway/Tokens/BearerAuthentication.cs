using Platform.Gateway.Console.Session;
using Platform.Gateway.Docs;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Tokens;

/// <summary>Bearer tokens as RFC 6750 says, in the Authorization header only; on everything but the open paths and the console, which has its cookie.</summary>
internal sealed class BearerAuthentication(RequestDelegate next, TokenGate gate)
{
    private static readonly string[] OpenPaths = ["/health", "/alive", "/openapi.json", "/asyncapi.json"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (OpenPaths.Contains(context.Request.Path.Value, StringComparer.Ordinal) || ConsolePaths.Covers(context.Request.Path) || DocsSetup.Covers(context.Request.Path))
        {
            await next(context);
            return;
        }

        ApiToken token;
        try
        {
            token = await AuthenticateAsync(context);
        }
        catch (ProblemException e) when (e.Problem.Status < 500)
        {
            gate.CountFailure(context);
            throw;
        }
        foreach (var required in context.GetEndpoint()?.Metadata.GetOrderedMetadata<RequiredTokenScope>() ?? [])
            if (!(required.Somewhere ? token.Held.AllowsSome(required.Scope) : token.Held.Allows(required.Scope)))
                throw Refuse(context, "insufficient_scope", Scopes.Insufficient(required.Scope));
        using var admitted = gate.Admit(context, token);
        await next(context);
    }

    private async ValueTask<ApiToken> AuthenticateAsync(HttpContext context)
    {
        var headers = context.Request.Headers.Authorization;
        if (headers.Count == 0) throw Refuse(context, null, Errors.TokenRequired());
        if (headers.Count > 1) throw Refuse(context, "invalid_request", Errors.InvalidRequest("The request has more than one Authorization header."));

        var value = headers[0] ?? "";
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        var scheme = space < 0 ? value : value[..space];
        // Another scheme is no bearer credential at all.
        if (!scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) throw Refuse(context, null, Errors.TokenRequired());

        var text = value[scheme.Length..].Trim(' ');
        if (text.Length == 0) throw Refuse(context, "invalid_request", Errors.InvalidRequest("There is no token after Bearer."));
        if (!IsB64Token(text)) throw Refuse(context, "invalid_request", Errors.InvalidRequest("What follows Bearer has characters that no token has."));
        if (context.Request.Query.ContainsKey("access_token"))
            throw Refuse(context, "invalid_request", Errors.InvalidRequest("The request carries a token in its query too."));
        try
        {
            return await gate.CheckAsync(context, text);
        }
        catch (ProblemException e) when (e.Problem.Status == StatusCodes.Status401Unauthorized)
        {
            throw Refuse(context, "invalid_token", e);
        }
    }

    /// <summary>b64token of RFC 6750, section 2.1.</summary>
    private static bool IsB64Token(string text)
    {
        var body = text.TrimEnd('=');
        return body.Length > 0 && body.All(c => char.IsAsciiLetterOrDigit(c) || "-._~+/".Contains(c));
    }

    private static ProblemException Refuse(HttpContext context, string? error, ProblemException problem)
    {
        context.Response.Headers.WWWAuthenticate = error is null ? "Bearer realm=\"platform\"" : $"Bearer realm=\"platform\", error=\"{error}\"";
        return problem;
    }
}
