using System.Text.Json.Nodes;
using Platform.Oms;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>One request, of which messages are made: a message can be sent once only, and a redirect needs another.</summary>
internal sealed record HttpCallRequest(HttpMethod Method, Uri Target, IReadOnlyList<(string Name, string Value)> Headers, HttpBody? Body)
{
    private const string Accept = "application/json,text/plain,*/*";
    private const string UserAgent = "connector-platform";

    /// <param name="own">Where the service is; null for an action with a URL.</param>
    /// <param name="violations">Gets what is wrong with the arguments; then there is nothing to send.</param>
    /// <exception cref="RunFaultException"><c>bad_definition</c>.</exception>
    public static HttpCallRequest Of(OmsAction action, OmsHttp http, JsonObject arguments, Uri? own, List<FieldViolation> violations) => new(
        new(http.Method), HttpTarget.Of(action, http, arguments, own, violations), HttpHeaders.Of(action, arguments, violations), HttpBody.Of(action, http, arguments, violations));

    public HttpRequestMessage Message()
    {
        var message = new HttpRequestMessage(Method, Target) { Content = Body is null ? null : new SentContent(Body) };
        foreach (var (name, value) in Headers)
        {
            // Some are counted among those of a body, even where there is none.
            if (!message.Headers.TryAddWithoutValidation(name, value))
                (message.Content ??= new SentContent(new([], null))).Headers.TryAddWithoutValidation(name, value);
        }

        if (!message.Headers.Contains("Accept"))
            message.Headers.TryAddWithoutValidation("Accept", Accept);
        if (!message.Headers.Contains("User-Agent"))
            message.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        return message;
    }

    /// <summary>Where an answer leads to; null: it is no redirect.</summary>
    /// <param name="why">Why it is not followed, a part of a sentence; null: it may be.</param>
    public HttpCallRequest? Next(HttpResponseMessage answer, out string? why)
    {
        why = null;
        var status = (int)answer.StatusCode;
        if (status is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
            return null;
        // A base whose path is left as it is can't be gone on from.
        if (!Uri.TryCreate(new Uri(Target.AbsoluteUri), location, out var target))
            why = "leads to what is no address";
        else if (!IsSame(target))
            why = $"leads to {target.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}, another server";
        else if (status is 301 or 302 && Method != HttpMethod.Get)
            why = $"does not say whether {Method} is to be repeated";
        return status == 303 && Method != HttpMethod.Get
            ? this with { Method = HttpMethod.Get, Target = target ?? Target, Body = null }
            : this with { Target = target ?? Target };
    }

    // Host and port alike: at the same host other ports are other services.
    private bool IsSame(Uri target) =>
        target.IdnHost.Equals(Target.IdnHost, StringComparison.OrdinalIgnoreCase) && target.UserInfo.Length == 0
        && ((target.Scheme == Target.Scheme && target.Port == Target.Port)
            || (Target is { Scheme: "http", IsDefaultPort: true } && target is { Scheme: "https", IsDefaultPort: true }));
}
