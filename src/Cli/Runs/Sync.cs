using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;

namespace Platform.Cli.Runs;

/// <summary><c>sync</c>: starts a run (or joins the one that waits already) and answers with its outcome.</summary>
internal static class Sync
{
    public static Command Command()
    {
        var connection = new Argument<string>("connection") { Description = "The connection's name." };
        var watch = new Option<bool>("--watch") { Description = "Show the progress while it runs." };
        var noWait = new Option<bool>("--no-wait") { Description = "Return as soon as the run is accepted." };
        var fromStart = new Option<bool>("--from-start") { Description = "Begin anew, whatever the connector knows of its source." };
        return new Command("sync", "Syncs a connection; the exit code tells the outcome.") { connection, watch, noWait, fromStart }.Does(async call =>
        {
            var json = await call.Api.PostAsync("/v1/runs", new { connection = call.Get(connection), from_start = call.Get(fromStart) ? true : (bool?)null }, call.Cancel);
            var run = json.To<Run>();
            if (call.Get(noWait))
            {
                call.Screen.Document(json);
                call.Screen.Say($"Run {run.Id} of {run.Connection} is {run.State}.");
                return ExitCode.Ok;
            }

            call.Screen.Say($"Run {run.Id} of {run.Connection}");
            try
            {
                json = await RunProgress.WatchAsync(call, run, call.Get(watch));
            }
            catch (Exception e) when (e is OperationCanceledException || Away.IsPassing(e))
            {
                Console.Error.WriteLine($"The run goes on. See it: platform runs show {run.Id}; end it: platform runs cancel {run.Id}");
                throw;
            }

            return Report(call.Screen, json, streamed: call.Get(watch));
        });
    }

    public static int Report(Screen screen, JsonElement json, bool streamed)
    {
        if (streamed) screen.Item(json);
        else screen.Document(json);

        var run = json.To<Run>();
        if (run.State == "failed")
            screen.Fail(run.Error?.Code ?? "run_failed", run.Error?.Message ?? "The run failed.", Details(run), run.Error?.Remedy);
        screen.Say($"{run.State}: {RunProgress.Describe(run)}");
        Warn(screen, run);
        return run.State switch { "succeeded" => ExitCode.Ok, "cancelled" => ExitCode.Cancelled, _ => ExitCode.Failed };
    }

    /// <summary>What a person should look at although the run succeeded; with --json it stands in the document.</summary>
    public static void Warn(Screen screen, Run run)
    {
        foreach (var warning in run.Warnings ?? [])
            screen.Warn(warning.Code, string.IsNullOrEmpty(warning.Stream) ? warning.Message : $"{warning.Stream}: {warning.Message}", warning.Remedy);
    }

    private static IEnumerable<(string, string)> Details(Run run) =>
        run.Error?.Detail is { Length: > 0 } words ? words.TrimEnd('\n').Split('\n').Select(line => ("connector", line)) : [];
}
