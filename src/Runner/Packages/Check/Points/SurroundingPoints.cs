using Platform.Ndc;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>X: it is content with what platforms give, and honest about what it can do.</summary>
internal static class SurroundingPoints
{
    private const string Anybody = "12345:12345";

    private static readonly Point ReadOnly = new("X1", Grade.Should, "It runs with a root that it can't write, and /tmp in memory", "Write below /tmp alone. This platform runs every connector so.");

    private static readonly Point User = new("X2", Grade.Should, "It runs as any user", "Let all files of the image be readable by everybody, and ask for no user by name.");

    private static readonly Point Capabilities = new("X3", Grade.Should, "It runs without capabilities", "Ask the kernel for nothing that needs a capability. This platform runs every connector so.");

    private static readonly Point Metrics = new("X4", Grade.Should, "Its metrics have no reserved names", "Name no metric hasura_…: these names are reserved.");

    private static readonly Point Honest = new("X5", Grade.Should, "It explains what it says it explains, and answers 501 else",
        "Declare query.explain and mutation.explain only where they are answered, and answer 501 to what is not declared.");

    private static readonly Point Two = new("X6", Grade.Should, "Two run at the same time with the same configuration", "Take no lock on the configuration.");

    public static IReadOnlyList<Point> All => [ReadOnly, User, Capabilities, Metrics, Honest, Two];

    /// <summary>All at once, as most images pass; one by one where that fails.</summary>
    public static async Task ConfinedAsync(CheckedImage image, CancellationToken cancel)
    {
        if (await TryAsync(image, new() { HasReadOnlyRoot = true, User = Anybody, HasNoCapabilities = true }, cancel) is null)
        {
            foreach (var point in (ReadOnlySpan<Point>)[ReadOnly, User, Capabilities])
                image.Findings.Pass(point, $"It was ready with a read-only root, as user {Anybody} and without capabilities.");
            return;
        }

        await Task.WhenAll(
            JudgeAsync(ReadOnly, "a read-only root", new() { HasReadOnlyRoot = true }),
            JudgeAsync(User, $"the user {Anybody}", new() { User = Anybody }),
            JudgeAsync(Capabilities, "no capabilities", new() { HasNoCapabilities = true }));

        async Task JudgeAsync(Point point, string with, TrialWish wish)
        {
            var seen = await TryAsync(image, wish, cancel);
            image.Findings.Judge(point, seen is null, seen is null ? $"It was ready with {with}." : $"With {with} {seen}.");
        }
    }

    public static async Task MetricsAsync(Findings findings, Trial trial, CancellationToken cancel)
    {
        try
        {
            var answer = await trial.SendAsync(HttpMethod.Get, "/metrics", null, cancel);
            if (answer.Status != 200)
            {
                findings.Skip(Metrics, $"It has no metrics: {answer}.");
                return;
            }

            var reserved = answer.Text.Split('\n').Select(l => l.Split('{', ' ')[0]).Where(n => n.StartsWith("hasura_", StringComparison.Ordinal)).Distinct().Take(5).ToList();
            findings.Judge(Metrics, reserved.Count == 0, reserved.Count == 0 ? "None of its metrics has one." : $"Its metrics have {string.Join(", ", reserved)}.");
        }
        catch (NdcException e)
        {
            findings.Skip(Metrics, $"It has no metrics: {e.Fault.Message}");
        }
    }

    public static async Task HonestAsync(Findings findings, Trial trial, Probe probe, CancellationToken cancel)
    {
        if (probe.Capabilities is not { } known)
        {
            findings.Skip(Honest, "Its capabilities can't be read.");
            return;
        }

        List<string> seen = [], wrong = [];
        if (probe.Query is { } query)
            await LookAsync("/query/explain", query.Body, known.Capabilities.Query.Explain is not null);
        await LookAsync("/mutation/explain", """{"operations":[],"collection_relationships":{}}""", known.Capabilities.Mutation.Explain is not null);
        findings.Judge(Honest, wrong.Count == 0, string.Join("; ", wrong.Count == 0 ? seen : wrong) + ".");

        async Task LookAsync(string path, string body, bool declared)
        {
            try
            {
                var answer = await trial.SendAsync(HttpMethod.Post, path, body, cancel);
                var right = declared ? answer.Status is not (501 or 404 or 405) : answer.Status == 501;
                (right ? seen : wrong).Add($"{answer}, and it is {(declared ? "" : "not ")}declared");
            }
            catch (NdcException e)
            {
                wrong.Add(e.Fault.Message.TrimEnd('.'));
            }
        }
    }

    /// <param name="first">Ready.</param>
    public static async Task TwoAsync(CheckedImage image, Trial first, CancellationToken cancel)
    {
        await using var second = await image.StartAsync(new() { Folder = first.Folder }, cancel);
        if (await second.ReadyAsync(cancel) is { } seen)
        {
            image.Findings.Fail(Two, $"While one ran, of the other one {seen}.");
            return;
        }

        try
        {
            var answer = await first.SendAsync(HttpMethod.Get, "/health", null, cancel);
            image.Findings.Judge(Two, answer.Status == 200, answer.Status == 200 ? "Both answered." : $"Once the second one ran, {answer} at the first one.");
        }
        catch (NdcException e)
        {
            image.Findings.Fail(Two, $"Once the second one ran, the first one failed: {e.Fault.Message}");
        }
    }

    private static async Task<string?> TryAsync(CheckedImage image, TrialWish wish, CancellationToken cancel)
    {
        await using var trial = await image.StartAsync(wish, cancel);
        return await trial.ReadyAsync(cancel);
    }
}
