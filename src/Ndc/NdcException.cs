using System.Text.Json;

namespace Platform.Ndc;

/// <summary>A connector did not answer as the specification says.</summary>
public sealed class NdcException(NdcFault fault, Exception? cause = null) : Exception(fault.Message, cause)
{
    public NdcFault Fault => fault;
}

/// <param name="Code">One of <see cref="NdcFaults"/>.</param>
/// <param name="Message">What happened, in one or two sentences.</param>
/// <param name="Status">Of the answer; null: there was none.</param>
/// <param name="ConnectorMessage">The connector's own <c>message</c>; null: it sent no error of the specification's form.</param>
/// <param name="Details">The connector's own <c>details</c>, of any form.</param>
/// <param name="Excerpt">The beginning of an answer that can't be read, at most 2 KiB; null: there is nothing to show.</param>
/// <param name="RetryAfter">The connector's own wish.</param>
public sealed record NdcFault(
    string Code, string Message, int? Status = null, string? ConnectorMessage = null, JsonElement? Details = null, string? Excerpt = null, TimeSpan? RetryAfter = null);

/// <summary>The ways in which a call fails.</summary>
public static class NdcFaults
{
    /// <summary>The connector answered with an error, in the specification's form (<c>message</c>, <c>details</c>) or not.</summary>
    public const string Refused = "ndc_refused";

    /// <summary>No connection came about: nothing was done.</summary>
    public const string Unreachable = "ndc_unreachable";

    /// <summary>The connection broke before the answer was whole.</summary>
    public const string AnswerCut = "ndc_answer_cut";

    /// <summary>Nothing came for as long as the client waits.</summary>
    public const string Silent = "ndc_silent";

    /// <summary>The answer is larger than the client takes.</summary>
    public const string TooLarge = "ndc_answer_too_large";

    /// <summary>The answer is no JSON, such as a page of HTML.</summary>
    public const string NotJson = "ndc_not_json";

    /// <summary>The answer is JSON, and not of the form that the specification says.</summary>
    public const string BadAnswer = "ndc_bad_answer";
}
