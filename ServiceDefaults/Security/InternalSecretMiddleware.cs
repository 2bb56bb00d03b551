using Microsoft.AspNetCore.Http;

namespace Platform.ServiceDefaults;

/// <summary>Refuses every HTTP and gRPC request without the internal secret, but the probes.</summary>
internal sealed class InternalSecretMiddleware(RequestDelegate next, InternalSecret secret)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!Probes.IsProbe(context.Request.Path) && !secret.Matches(context.Request.Headers[InternalSecret.Header]))
            throw new ProblemException(new Problem(
                "internal_secret_required", 401, "Only services of the platform may call here",
                $"The request has no valid {InternalSecret.Header} header.", "Call the gateway instead, with a bearer token."));
        return next(context);
    }
}
