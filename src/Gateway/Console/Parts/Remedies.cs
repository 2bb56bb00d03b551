using System.Text.RegularExpressions;

namespace Platform.Gateway.Console.Parts;

/// <summary>Services' remedies name routes and headers, for whoever called the API. Here they are for whoever looks at a page.</summary>
internal static partial class Remedies
{
    // Of a remedy that has such words, the others; the first that is found.
    private static readonly (string Part, string Words)[] Table =
    [
        ("header Authorization", "Paste the token whole; ./platform up prints the first one and where it is kept."),
        ("named under errors", "Correct what is named here and send the form again."),
        ("/sweep", "Look whether the source really has lost them. If so, delete what is gone before the next run; else sync again."),
        ("GET /v1/connections.", "The page Connections lists them."),
        ("GET /v1/connectors,", "The page Connectors lists them."),
        ("GET /v1/runs ", "The page Runs lists them."),
        ("GET /v1/schedules ", "The page Schedules lists them."),
    ];

    /// <returns>Null: it is for programs alone.</returns>
    public static string? ForPeople(string? remedy)
    {
        if (remedy is null || ForPrograms().Match(remedy) is not { Success: true } found) return remedy;
        if (Table.FirstOrDefault(row => remedy.Contains(row.Part, StringComparison.Ordinal)) is { Words: { } words }) return words;
        // What is said before is for anybody.
        var before = remedy[..found.Index];
        var end = before.LastIndexOfAny(['.', ':', ';']);
        return end < 0 ? null : before[..end] + ".";
    }

    [GeneratedRegex(@"\b(GET|POST|PUT|PATCH|DELETE) /|/openapi\.json|\bheader\b|If-Match|Idempotency-Key|Content-Type|\bunder errors\b")]
    private static partial Regex ForPrograms();
}
