using Platform.Ndc;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>C and P: the configuration is where the platform says and is left alone, and so is the port.</summary>
internal static class ConfigurationPoints
{
    private const int OtherPort = 9191;
    private const string OtherDirectory = "/srv/cfg";

    private static readonly Point Untouched = new("C1", Grade.Must, "The configuration directory is not changed",
        "Write nothing into the configuration directory: what is to be kept while it runs belongs to /tmp.");

    private static readonly Point Reserved = new("C2", Grade.Must, ".hasura in the configuration directory is ignored",
        "Leave the subdirectory .hasura out when the configuration is looked through.");

    private static readonly Point Port = new("P1", Grade.Must, "HASURA_CONNECTOR_PORT is where it listens", "Listen on the port that HASURA_CONNECTOR_PORT names, and on 8080 without it.");

    private static readonly Point Place = new("P2", Grade.Must, "HASURA_CONFIGURATION_DIRECTORY is where it reads its configuration",
        "Read from the directory that HASURA_CONFIGURATION_DIRECTORY names, and from /etc/connector without it.");

    public static IReadOnlyList<Point> All => [Untouched, Reserved, Port, Place];

    public static void ReservedIsIgnored(Findings findings) => findings.Pass(Reserved, "It started with files of no format in .hasura.");

    public static void ReservedIsRead(Findings findings, string seen) =>
        findings.Fail(Reserved, $"It starts without .hasura, and with files of no format in it {seen}.");

    /// <param name="trial">Has been asked for all that it is asked for, with a configuration that it could write into.</param>
    /// <param name="before">See <see cref="ConfigurationCopies.State"/>.</param>
    public static void Touched(Findings findings, Trial trial, string before)
    {
        var (was, isNow) = (before.Split('\n'), ConfigurationCopies.State(trial.Folder).Split('\n'));
        var changed = isNow.Except(was).Concat(was.Except(isNow)).Select(l => l.Split(' ')[0]).Distinct().Take(5).ToList();
        findings.Judge(Untouched, changed.Count == 0, changed.Count == 0 ? "Nothing had changed after it ran, although it could write there." : $"It changed {string.Join(", ", changed)}.");
    }

    /// <summary>Both at once, as most images pass; one by one where that fails.</summary>
    public static async Task RunAsync(CheckedImage image, Probe probe, CancellationToken cancel)
    {
        if (await TryAsync(image, probe, true, true, cancel) is null)
        {
            image.Findings.Pass(Port, $"It listened on {OtherPort} when it was told to.");
            image.Findings.Pass(Place, $"It answered as before with its configuration at {OtherDirectory} alone.");
            return;
        }

        var seen = await TryAsync(image, probe, true, false, cancel);
        image.Findings.Judge(Port, seen is null, seen is null ? $"It listened on {OtherPort} when it was told to." : $"It was told to listen on {OtherPort}, and {seen}.");
        seen = await TryAsync(image, probe, false, true, cancel);
        image.Findings.Judge(Place, seen is null, seen is null ? $"It answered as before with its configuration at {OtherDirectory} alone."
            : $"Its configuration was at {OtherDirectory}, and nothing at {image.Directory}, and {seen}.");
    }

    // Null: it is as it should be.
    private static async Task<string?> TryAsync(CheckedImage image, Probe probe, bool port, bool place, CancellationToken cancel)
    {
        var variables = new Dictionary<string, string>();
        if (port)
            variables["HASURA_CONNECTOR_PORT"] = $"{OtherPort}";
        if (place)
            variables[Drivers.Ndc.Servers.PackageContainer.DirectoryVariable] = OtherDirectory;
        var wish = new TrialWish(Target: place ? OtherDirectory : null) { Environment = variables };
        await using var trial = await image.StartAsync(port ? wish with { Port = OtherPort } : wish, cancel);
        if (await trial.ReadyAsync(cancel) is { } seen)
            return seen;
        try
        {
            var answer = probe.Query is { } query ? await trial.SendAsync(HttpMethod.Post, "/query", query.Body, cancel) : await trial.SendAsync(HttpMethod.Get, "/schema", null, cancel);
            return answer.Status == 200 || probe.Schema is null ? null : $"{answer}";
        }
        catch (NdcException e)
        {
            return e.Fault.Message.TrimEnd('.');
        }
    }
}
