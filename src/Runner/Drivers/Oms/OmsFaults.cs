namespace Platform.Runner.Drivers.Oms;

/// <summary>Ways in which an action of a described service fails, beside those of <see cref="Faults"/>.</summary>
internal static class OmsFaults
{
    private const int ShownViolations = 20;
    private const int ShownCharacters = 500;

    /// <param name="violations">What is wrong, each a sentence without its full stop.</param>
    /// <param name="answer">The beginning of what came, if it is text.</param>
    public static RunFaultException BadResult(IReadOnlyList<string> violations, string? answer = null) => new(new("bad_result",
        $"The service's answer is not what the action's output declares: {string.Join("; ", violations.Take(ShownViolations))}"
            + (violations.Count > ShownViolations ? $"; and {violations.Count - ShownViolations} more." : "."),
        "Mend the service, or the action's output in the file that describes it. The action itself was carried out.",
        answer is null ? null : Shown(answer)));

    /// <summary>Bounded, and without characters that neither terminals nor databases want.</summary>
    public static string Shown(string text)
    {
        var cut = text.Length <= ShownCharacters ? text : text[..ShownCharacters] + "…";
        return string.Concat(cut.Select(c => (char.IsControl(c) && c is not ('\n' or '\t')) || char.IsSurrogate(c) ? '\ufffd' : c));
    }
}
