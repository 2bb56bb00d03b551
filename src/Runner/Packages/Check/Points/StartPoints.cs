using Platform.Contracts;

namespace Platform.Runner.Packages.Check.Points;

/// <summary>S and R: the image starts as it is, and is ready at its port.</summary>
internal static class StartPoints
{
    private static readonly TimeSpan Fast = TimeSpan.FromSeconds(2);

    private static readonly Point Starts = new("S1", Grade.Must, "The image's own entrypoint and command start the server",
        "Let ENTRYPOINT and CMD together start the server, without further arguments, and let it go on until it is ended.");

    private static readonly Point Serve = new("S2", Grade.Info, "The default command is serve", "Set ENTRYPOINT to the connector and CMD to [\"serve\"].");

    private static readonly Point Presets = new("S3", Grade.Info, "The image presets no reserved variable",
        "Take HASURA_* and OTEL_EXPORTER_* out of the image's ENV: platforms give them values. HASURA_CONFIGURATION_DIRECTORY may stay where an SDK needs it.");

    private static readonly Point Listens = new("R1", Grade.Must, "It listens on port 8080, and GET /health answers 200",
        "Listen on 0.0.0.0:8080 unless HASURA_CONNECTOR_PORT says otherwise, and answer GET /health with 200, without the token.");

    private static readonly Point Quick = new("R2", Grade.Info, "It is ready within 2 s", "Move what is built at the start into the building of the image.");

    public static IReadOnlyList<Point> All => [Starts, Serve, Presets, Listens, Quick];

    public static void Inspect(CheckedImage image)
    {
        var words = image.Entrypoint.Concat(image.Command).ToList();
        image.Findings.Judge(Serve, image.Command.Contains("serve"), words.Count == 0 ? "It has neither entrypoint nor command." : $"It runs {Trial.Short(string.Join(' ', words))}.");
        var reserved = image.Environment.Select(v => v.Split('=')[0]).Where(PackageRuntime.IsReserved).ToList();
        image.Findings.Judge(Presets, reserved.Count == 0, reserved.Count == 0 ? "Its ENV has none." : $"Its ENV has {string.Join(", ", reserved)}.");
    }

    /// <returns>A container that is ready, for the points that need one; null: there is none.</returns>
    public static async Task<Trial?> RunAsync(CheckedImage image, CancellationToken cancel)
    {
        var (first, seen) = await StartAsync(image, new() { Folder = image.Configurations.CopyWithReserved() }, cancel);
        if (seen is null)
        {
            ConfigurationPoints.ReservedIsIgnored(image.Findings);
            return Ready(image, first!);
        }

        // It may be the reserved folder that it stumbles over.
        var firstSeen = seen;
        if (first is not null)
            await first.DisposeAsync();
        (var second, seen) = await StartAsync(image, new(), cancel);
        if (seen is null)
        {
            ConfigurationPoints.ReservedIsRead(image.Findings, firstSeen);
            return Ready(image, second!);
        }

        var ended = second is null || second.HasEnded;
        if (second is not null)
            await second.DisposeAsync();
        image.Findings.Judge(Starts, !ended, ended ? $"It did not start: {seen}." : "Its process goes on.");
        if (ended)
            image.Findings.Skip(Listens, "It did not start.");
        else
            image.Findings.Fail(Listens, $"It was not ready: {seen}.");
        return null;
    }

    public static void Judge(Findings findings)
    {
        if (findings.Starts.Count > 0)
            // The machine may be slow at times.
            findings.Judge(Quick, findings.Starts.Min() <= Fast, $"The fastest of {findings.Starts.Count} starts took {findings.Starts.Min().TotalSeconds:0.0} s.");
    }

    private static Trial Ready(CheckedImage image, Trial trial)
    {
        image.Findings.Pass(Starts, "Its process goes on.");
        image.Findings.Pass(Listens, "GET /health answered 200 on port 8080.");
        return trial;
    }

    private static async Task<(Trial? Trial, string? Seen)> StartAsync(CheckedImage image, TrialWish wish, CancellationToken cancel)
    {
        try
        {
            var trial = await image.StartAsync(wish, cancel);
            try
            {
                return (trial, await trial.ReadyAsync(cancel));
            }
            catch
            {
                await trial.DisposeAsync();
                throw;
            }
        }
        catch (RunFaultException e)
        {
            return (null, e.Fault.Message.TrimEnd('.'));
        }
    }
}
