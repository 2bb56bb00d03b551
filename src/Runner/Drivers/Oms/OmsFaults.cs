using System.Text;

namespace Platform.Runner.Drivers.Oms;

/// <summary>Ways in which an action of a described service fails, beside those of <see cref="Faults"/>.</summary>
internal static class OmsFaults
{
    private const int ShownViolations = 20;
    private const int ShownCharacters = 500;

    /// <param name="what">A sentence without its full stop.</param>
    public static RunFaultException BadDefinition(string action, string what) => new(new("bad_definition",
        $"The action {Shown(action)} can't be carried out as the service's description says: {what}.",
        "Mend the file that describes the service, and install it again. Nothing was done."));

    /// <param name="what">A sentence without its full stop.</param>
    public static RunFaultException BadAnswer(string what) => new(new("bad_answer",
        $"The service's answer can't be read: {what}. Whether the action had an effect is not known.",
        "Mend the service, or the port in the file that describes it."));

    /// <param name="request">Method and path.</param>
    public static RunFaultException AnswerLost(string request) => new(new("answer_lost",
        $"The connection broke after {request} was sent and before its answer was there.",
        "Look at the source whether it was done before you ask for it again."));

    /// <param name="violations">What is wrong, each a sentence without its full stop.</param>
    /// <param name="answer">The beginning of what came, if it is text.</param>
    public static RunFaultException BadResult(IReadOnlyList<string> violations, string? answer = null) => new(new("bad_result",
        $"The service's answer is not what the action's output declares: {string.Join("; ", violations.Take(ShownViolations))}"
            + (violations.Count > ShownViolations ? "; and more." : "."),
        "Mend the service, or the action's output in the file that describes it. The action itself was carried out.",
        answer is null ? null : Shown(answer)));

    /// <summary>Bounded, and without characters that neither terminals nor databases want.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "…";
        return string.Concat(cut.EnumerateRunes().Select(r => Rune.IsControl(r) && r.Value is not ('\n' or '\t') ? "\ufffd" : r.ToString()));
    }
}
