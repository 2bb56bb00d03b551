using System.Net;

namespace Platform.ServiceDefaults;

/// <summary>Follows redirects of GET and HEAD to http and https only, never from https down to http; each hop connects through the guard.</summary>
internal sealed class GuardedRedirects(HttpMessageHandler inner, int maxRedirects = GuardedRedirects.DefaultMax) : DelegatingHandler(inner)
{
    public const int DefaultMax = 5;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            for (var hop = 0; ; hop++)
            {
                var response = await base.SendAsync(request, cancellationToken);
                if (Target(request, response) is not { } target)
                    return response;
                response.Dispose();
                if (hop == maxRedirects)
                    throw Refused($"{Shown(request)} redirects more than {maxRedirects} times.");
                if (target.Scheme is not ("http" or "https") || (request.RequestUri!.Scheme == "https" && target.Scheme == "http"))
                    throw Refused($"{Shown(request)} redirects to the scheme {target.Scheme}.");
                if (Uri.Compare(request.RequestUri, target, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
                    request.Headers.Authorization = null;
                request.RequestUri = target;
            }
        }
        catch (HttpRequestException e) when (e.InnerException is ProblemException refusal)
        {
            // The socket handler wraps what its callback throws; the refusal itself is the answer.
            throw new ProblemException(refusal.Problem, e);
        }
    }

    private static Uri? Target(HttpRequestMessage request, HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect
        && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head)
        && response.Headers.Location is { } location
            ? Uri.TryCreate(request.RequestUri!, location, out var target) ? target : throw Refused($"{Shown(request)} redirects to what is no address.")
            : null;

    // A query may hold a signature or token, and a redirect may lead to a user name with a password.
    private static string Shown(HttpRequestMessage request) => request.RequestUri!.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    private static ProblemException Refused(string detail) => new(new Problem(
        "outbound_redirect_refused", 422, "The target redirects to where this platform does not follow", detail, "Use the final address."));
}
