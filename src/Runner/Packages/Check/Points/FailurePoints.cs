using Platform.Runner.Drivers.Ndc.Servers;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>F: what can't start says so on standard error, and ends with an exit code that is not 0.</summary>
internal static class FailurePoints
{
    private const string Remedy = "Write the reason to standard error, flush it, and exit with a code that is not 0.";

    private static readonly Point Configuration = new("F1", Grade.Must, "A configuration that can't be read ends the start, with a message on standard error", Remedy);

    private static readonly Point Port = new("F2", Grade.Must, "A port that is none ends the start, with a message on standard error", Remedy);

    private static readonly Point Folder = new("F3", Grade.Must, "A configuration directory that does not exist ends the start, with a message on standard error", Remedy);

    private static readonly Point Command = new("F4", Grade.Must, "A command that it does not know ends the start, with a message on standard error", Remedy);

    public static IReadOnlyList<Point> All => [Configuration, Port, Folder, Command];

    public static IEnumerable<Func<CancellationToken, Task>> Of(CheckedImage image)
    {
        if (image.Configurations.HasFiles)
            yield return cancel => JudgeAsync(image, Configuration, new() { Folder = image.Configurations.CopyWithout() }, cancel);
        else
            image.Findings.Skip(Configuration, "No configuration was given that could be spoiled.");
        yield return cancel => JudgeAsync(image, Port, With("HASURA_CONNECTOR_PORT", "no-port"), cancel);
        yield return cancel => JudgeAsync(image, Folder, With(PackageContainer.DirectoryVariable, "/no/such/folder") with { Target = "" }, cancel);
        if (image.Entrypoint.Count > 0)
            yield return cancel => JudgeAsync(image, Command, new() { Command = ["no-such-command"] }, cancel);
        else
            image.Findings.Skip(Command, "It has no entrypoint: another command would be another program.");
    }

    private static TrialWish With(string name, string value) => new() { Environment = new Dictionary<string, string> { [name] = value } };

    private static async Task JudgeAsync(CheckedImage image, Point point, TrialWish wish, CancellationToken cancel)
    {
        await using var trial = await image.StartAsync(wish, cancel);
        // Until it is ready, has ended, or the time is over.
        var ready = await trial.ReadyAsync(cancel, isCounted: false) is null;
        if (ready || !await trial.EndsAsync(TimeSpan.FromSeconds(1), cancel))
        {
            image.Findings.Fail(point, ready ? "It started as if nothing was wrong." : $"It still ran after {Trial.StartLimit.TotalSeconds:0} s.");
            return;
        }

        var code = await trial.Container.Exited;
        var words = trial.Error.LastOrDefault(l => l.Trim().Length > 0);
        var said = words is not null ? $"and said: {Trial.Short(words)}"
            : trial.Output.LastOrDefault(l => l.Trim().Length > 0) is { } elsewhere ? $"and said on standard output alone: {Trial.Short(elsewhere)}" : "and said nothing";
        image.Findings.Judge(point, code != 0 && words is not null, $"It exited with code {code}, {said}");
    }
}
