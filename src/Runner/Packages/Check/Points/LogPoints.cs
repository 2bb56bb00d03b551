namespace Platform.Runner.Packages.Check.Points;

/// <summary>L: what it writes where.</summary>
internal static class LogPoints
{
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(300);

    private static readonly Point Plain = new("L1", Grade.Should, "Information is plain text on standard output", "Write lines for people to standard output, and no JSON.");

    private static readonly Point Quiet = new("L2", Grade.Should, "Standard error is empty while all is well", "Write to standard error what went wrong, and nothing else.");

    public static IReadOnlyList<Point> All => [Plain, Quiet];

    /// <param name="trial">Has been asked for nothing wrong yet.</param>
    public static async Task RunAsync(Findings findings, Trial trial, CancellationToken cancel)
    {
        // What it writes comes after what it answers.
        await Task.Delay(Settle, cancel);
        var json = trial.Output.FirstOrDefault(l => l.TrimStart() is ['{', ..] line && line.TrimEnd().EndsWith('}'));
        findings.Judge(Plain, json is null, json is null ? $"{trial.Output.Count} lines on standard output, none of them JSON." : $"A line on standard output is JSON: {Shown(json)}");
        var error = trial.Error.FirstOrDefault(l => l.Trim().Length > 0);
        findings.Judge(Quiet, error is null, error is null ? "Nothing came on standard error." : $"It wrote on standard error: {Shown(error)}");

        string Shown(string line) => Trial.Short(line.Replace(trial.Token, "…", StringComparison.Ordinal));
    }
}
