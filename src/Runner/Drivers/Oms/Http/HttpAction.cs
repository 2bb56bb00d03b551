using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms.Http;

/// <summary>Carries out an action with an HTTP interface: one request, and those that redirects within the same server ask for.</summary>
internal sealed class HttpAction(OmsHttpClients clients)
{
    private const int MaxRedirects = 5;

    /// <param name="cancel">Also the only limit of time, but for that of a connection.</param>
    /// <exception cref="RunFaultException">
    /// <c>bad_definition</c>, <c>bad_answer</c>, <c>bad_result</c>, <c>result_too_large</c>, <c>answer_lost</c>, or a refusal of the outbound guard.
    /// </exception>
    public async Task<ActionAnswer> InvokeAsync(OmsCall call, OmsHttp http, CancellationToken cancel)
    {
        List<FieldViolation> violations = [];
        var request = HttpCallRequest.Of(call.Action, http, call.Arguments, http.Port is { } port ? call.Server.AddressOf(port) : null, violations);
        if (violations.Count > 0)
            return new(null, new("invalid_arguments", "The arguments can't be sent as the action's interface says. Nothing was done.", false, violations));
        var client = http.Port is null || call.Server.IsElsewhere ? clients.Outside : clients.Own;
        for (var redirects = 0; ; redirects++)
        {
            using var message = request.Message();
            try
            {
                using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
                if (request.Next(response, out var why) is not { } next)
                    return await AnswerAsync(call, http, response, cancel);
                if (redirects == MaxRedirects)
                    why = $"is one more than the {MaxRedirects} that are followed";
                if (why is not null)
                    return new(null, new("redirect_refused",
                        $"The service answered {Shown(http)} with a redirect (status {(int)response.StatusCode}) that {why}. Use the final address in its description.", false, []));
                request = next;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                return new(null, Failed(call, http, request, message, e));
            }
        }
    }

    private static async Task<ActionAnswer> AnswerAsync(OmsCall call, OmsHttp http, HttpResponseMessage response, CancellationToken cancel)
    {
        var status = (int)response.StatusCode;
        if (!response.IsSuccessStatusCode)
        {
            var words = await HttpAnswer.WordsAsync(response.Content, cancel);
            var transient = status is 408 or 425 or 429 or >= 500;
            return new(null, new(
                $"http_{status}", $"The service answered {Shown(http)} with the status {status} {OmsFaults.Shown(response.ReasonPhrase ?? "")}".TrimEnd() + (words.Length == 0 ? "." : $": {words}"),
                transient, [], AsksAgain: transient && call.Action.Retry, NotBefore: HttpAnswer.RetryAfter(response)));
        }

        if (call.Action.Output.Type == OmsTypes.None)
            return new("null"u8.ToArray(), null);
        var bytes = await HttpAnswer.ReadAsync(response.Content, call.Work.MaxResultBytes, cancel);
        var result = OmsResult.Read(call.Action.Output, bytes, response.Content.Headers.TryGetValues("Content-Type", out var types) ? types.First() : null);
        // As JSON text and bytes take more room.
        return result.Length <= call.Work.MaxResultBytes ? new(result, null) : throw Faults.ResultTooLarge(call.Work.MaxResultBytes);
    }

    private static ActionError Failed(OmsCall call, OmsHttp http, HttpCallRequest request, HttpRequestMessage message, Exception e)
    {
        if (e is HttpRequestException { InnerException: ProblemException { Problem: var problem } } && problem.Code != "outbound_unresolved")
            throw new RunFaultException(new(problem.Code, problem.Detail, problem.Remedy));
        if (e is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded })
            throw OmsFaults.BadAnswer("it is no HTTP, or its headers are too large");
        if (message.Content is SentContent content ? !content.HasBegun : IsBeforeSending(e))
            return new("service_unreachable",
                $"No connection to {request.Target.GetLeftPart(UriPartial.Authority)} came about: {OmsFaults.Shown((e.InnerException ?? e).Message)} Nothing was done.",
                true, [], AsksAgain: call.Action.Retry);
        if (http.Method is "POST" or "PATCH")
            throw OmsFaults.AnswerLost(Shown(http));
        return new("answer_lost", $"The connection broke after {Shown(http)} was sent and before its answer was there.", true, [], AsksAgain: call.Action.Retry);
    }

    // The time limit for a connection looks like a cancellation that nobody asked for.
    private static bool IsBeforeSending(Exception e) => e is OperationCanceledException or HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
    };

    // Without what arguments put into it.
    private static string Shown(OmsHttp http) => $"{http.Method} {OmsFaults.Shown(http.Url ?? http.Path)}";
}
