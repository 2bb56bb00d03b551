using Platform.Ndc;

namespace Platform.Runner.Drivers.Ndc;

/// <summary>What a packaged connector's refusals and failures are to the platform. Status, message and details stay the connector's own.</summary>
internal static class NdcErrors
{
    private const int MaxDetail = 4000;

    /// <summary>Trying again may help.</summary>
    public static bool IsTransient(NdcFault fault) => fault.Code switch
    {
        NdcFaults.Refused => fault.Status is 408 or 425 or 429 or (>= 500 and not 501),
        NdcFaults.Unreachable or NdcFaults.AnswerCut or NdcFaults.Silent => true,
        _ => false,
    };

    /// <summary>Of a call that changes nothing.</summary>
    public static RunFaultException Of(NdcFault fault) => new(new(
        fault.Code == NdcFaults.Refused ? "connector_refused" : fault.Code == NdcFaults.Unreachable ? "connector_unreachable" : fault.Code == NdcFaults.Silent ? "connector_silent" : "bad_answer",
        fault.Message, Remedy(fault.Code), Detail(fault), IsTransient(fault)));

    /// <summary>Of an action.</summary>
    /// <param name="mutates">What was sent and not answered may have been done.</param>
    /// <exception cref="RunFaultException"><c>answer_lost</c>, <c>bad_answer</c> or <c>result_too_large</c>: what it did is not known, or known and can't be told.</exception>
    public static ActionError OfAction(NdcFault fault, bool mutates, long maxBytes) => fault.Code switch
    {
        NdcFaults.Refused => new($"http_{fault.Status}", fault.Message, IsTransient(fault), [], NotBefore: fault.RetryAfter, Detail: Detail(fault)),
        NdcFaults.Unreachable => new("connector_unreachable", $"{fault.Message} Nothing was done.", true, []),
        NdcFaults.AnswerCut or NdcFaults.Silent when mutates => throw new RunFaultException(new("answer_lost", fault.Message, "Look at the source whether it was done before you ask for it again.")),
        NdcFaults.AnswerCut or NdcFaults.Silent => new("answer_lost", fault.Message, true, []),
        NdcFaults.TooLarge => throw Faults.ResultTooLarge(maxBytes),
        _ => throw new RunFaultException(new("bad_answer", $"{fault.Message}{(mutates ? " Whether the action had an effect is not known." : "")}", Remedy(fault.Code), Detail(fault))),
    };

    private static string? Detail(NdcFault fault)
    {
        var text = fault.Details?.GetRawText() ?? fault.Excerpt;
        return text?.Length > MaxDetail ? text[..MaxDetail] + "…" : text;
    }

    private static string Remedy(string code) => code switch
    {
        NdcFaults.Refused => "The text is the connector's own; see its documentation.",
        NdcFaults.Unreachable => "Look in the log for why it does not listen.",
        NdcFaults.Silent => "See whether its source answers; an operator can raise Services:SilenceSeconds.",
        NdcFaults.TooLarge => "Ask for less at once.",
        _ => "Mend the connector: it has to answer as the NDC specification says.",
    };
}
