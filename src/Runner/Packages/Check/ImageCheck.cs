using System.Diagnostics;
using Docker.DotNet;
using Docker.DotNet.Models;
using Microsoft.Extensions.Options;
using Platform.Runner.Packages.Check.Points;
using Platform.Runner.Processes;
using Platform.ServiceDefaults;

namespace Platform.Runner.Packages.Check;

/// <summary>Checks an image against the points of conformance: containers of it are started in many ways, a few at a time, asked, signalled and removed.</summary>
internal sealed class ImageCheck(ContainerEngine engine, IOptions<ConnectorSettings> connectors)
{
    // Groups of points, each with up to three containers.
    private const int AtOnce = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <param name="name">A reference or an id.</param>
    /// <param name="configuration">A folder of this machine; null: an empty one.</param>
    /// <exception cref="ProblemException">404 <c>image_missing</c>, or the engine can't be reached.</exception>
    public async Task<ImageReport> RunAsync(string name, string? configuration, CancellationToken cancel)
    {
        var begun = Stopwatch.GetTimestamp();
        var inspected = await FindAsync(name, cancel);
        var findings = new Findings();
        using var configurations = new ConfigurationCopies(configuration);
        var image = new CheckedImage(engine, inspected, name, configurations, LaunchLimits.Of(connectors.Value), findings);
        var why = "It was not looked at, as the image does not start.";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Limit);
        try
        {
            StartPoints.Inspect(image);
            await using var first = await StartPoints.RunAsync(image, limit.Token);
            if (first is not null)
            {
                why = "It could not be looked at.";
                await RunAsync(image, first, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            why = $"The time of the check, {Limit.TotalSeconds:0} s, was over.";
            findings.Warn(why);
        }

        StartPoints.Judge(findings);
        var points = findings.Results(why);
        return new(
            name, inspected.ID, Count(points, Grade.Must) == 0, new(Count(points, Grade.Must), Count(points, Grade.Should), Count(points, Grade.Info)), points,
            [.. findings.Warnings], Math.Round(Stopwatch.GetElapsedTime(begun).TotalSeconds, 1));
    }

    private static async Task RunAsync(CheckedImage image, Trial first, CancellationToken cancel)
    {
        var findings = image.Findings;
        // All is well with it until it is asked for what is wrong.
        var probe = await AnswerPoints.GoodAsync(findings, first, cancel);
        await LogPoints.RunAsync(findings, first, cancel);
        IEnumerable<Func<CancellationToken, Task>> groups =
        [
            token => TelemetryPoints.RunAsync(image, token),
            token => WithFirstAsync(image, first, probe, token),
            .. FailurePoints.Of(image),
            token => AuthPoints.EmptyAsync(image, token),
            token => SurroundingPoints.ConfinedAsync(image, token),
            token => ConfigurationPoints.RunAsync(image, probe, token),
            token => SignalPoints.FinishAsync(image, probe, token),
            token => SignalPoints.InterruptAsync(image, token),
            token => SignalPoints.EarlyAsync(image, token),
        ];
        await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (group, token) =>
        {
            try
            {
                await group(token);
            }
            catch (RunFaultException e)
            {
                findings.Warn($"A container could not be started: {e.Fault.Message}");
            }
        });
    }

    private static async Task WithFirstAsync(CheckedImage image, Trial first, Probe probe, CancellationToken cancel)
    {
        var findings = image.Findings;
        await AuthPoints.TokenAsync(findings, first, probe, cancel);
        await SurroundingPoints.MetricsAsync(findings, first, cancel);
        await SurroundingPoints.HonestAsync(findings, first, probe, cancel);
        await AnswerPoints.BadAsync(findings, first, probe, cancel);
        await SurroundingPoints.TwoAsync(image, first, cancel);
        await SignalPoints.TermAsync(findings, first, cancel);
        AuthPoints.Logged(findings, first);
    }

    private static int Count(IEnumerable<PointResult> points, Grade grade) => points.Count(p => p.Outcome == Outcome.Failed && p.Grade == grade);

    private async Task<ImageInspectResponse> FindAsync(string name, CancellationToken cancel)
    {
        try
        {
            return await engine.AskAsync(client => client.Images.InspectImageAsync(name, cancel));
        }
        catch (DockerApiException e) when ((int)e.StatusCode is 404 or 400)
        {
            throw new ProblemException(new("image_missing", 404, "There is no such image", $"The image {(name.Length <= 200 ? name : name[..200] + "…")} is not in the container engine at {engine.Address}.",
                "Build, load or pull it first, and mind the tag."));
        }
    }
}
