using System.Text.Json;
using Platform.Cli.Api;
using Spectre.Console;

namespace Platform.Cli.Runs;

/// <summary>Follows a run to its end over the progress stream; a stream that breaks is taken up again.</summary>
internal static class RunProgress
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static Task<JsonElement> WatchAsync(Call call, Run run, bool show)
    {
        if (!show) return FollowAsync(call, run, _ => { });
        if (!call.Screen.Interactive)
        {
            string? last = null;
            return FollowAsync(call, run, json =>
            {
                call.Screen.Item(json);
                var line = Line(json.To<Run>());
                if (line != last) call.Screen.Say("  " + (last = line));
            });
        }

        return AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
            .StartAsync(async progress =>
            {
                // How much is to come is the connector's secret: the bar moves without an end.
                var bar = progress.AddTask(Markup.Escape(Line(run))).IsIndeterminate();
                return await FollowAsync(call, run, json => bar.Description = Markup.Escape(Line(json.To<Run>())));
            });
    }

    public static string Describe(Run run)
    {
        if (run.Counts is not { } c) return "no counts";
        var parts = new (string Name, long Value)[]
        {
            ("inserted", c.Inserted), ("updated", c.Updated), ("unchanged", c.Unchanged), ("deleted", c.Deleted),
            ("rejected", c.Rejected), ("superseded", c.Superseded), ("swept", c.Swept),
        };
        var told = string.Join(", ", parts.Where(part => part.Value != 0).Select(part => $"{part.Value} {part.Name}"));
        var time = run is { StartedAt: { } from, FinishedAt: { } to } ? $" in {(to - from).TotalSeconds.ToString("0.0")} s" : "";
        return $"{c.Received} objects received{(told.Length > 0 ? $" ({told})" : "")}{time}";
    }

    /// <summary>Such as <c>attempt 1 of 3 failed with ingest_unavailable, the next at 2026-01-01 00:00:05Z</c>; null: the run does not wait for an attempt.</summary>
    public static string? BetweenAttempts(Run run) => run is { Final: false, NextAttemptAt: { } next }
        ? $"attempt {Number(run)} failed with {run.LastError?.Code ?? "an error"}, the next at {next:u}"
        : null;

    /// <summary>Such as <c>syncing: 500 objects, 120/s, 1.5 MB; page 3 of 8 (37 %); waits for connector</c>.</summary>
    private static string Line(Run run)
    {
        var line = BetweenAttempts(run) ?? $"{(run.Attempt > 1 ? $"attempt {Number(run)}, " : "")}{run.Stage ?? run.State}: {run.Counts?.Received ?? 0} objects";
        if (run.ObjectsPerSecond > 0) line += $", {run.ObjectsPerSecond:0}/s, {run.Bytes / 1e6:0.0} MB";
        if (run.ProgressMessage is { Length: > 0 } said) line += $"; {said}{(run.ProgressFraction is { } done ? $" ({done:0 %})" : "")}";
        return run.WaitingFor is { } waits ? $"{line}; waits for {waits}" : line;
    }

    private static string Number(Run run) => run.MaxAttempts is { } most ? $"{run.Attempt} of {most}" : $"{run.Attempt}";

    private static async Task<JsonElement> FollowAsync(Call call, Run run, Action<JsonElement> onProgress)
    {
        var path = $"/v1/runs/{run.Id}";
        var away = new Away(call.Screen, Away.Usually);
        while (true)
        {
            try
            {
                await foreach (var item in call.Api.EventsAsync(path + "/progress", call.Cancel))
                {
                    away.IsOver();
                    if (item.EventType is not ("progress" or "end")) continue;
                    var json = JsonDocument.Parse(item.Data).RootElement.Clone();
                    if (item.EventType == "end" && json.To<Run>().Final) return json;
                    onProgress(json);
                }

                var record = await call.Api.GetAsync(path, call.Cancel);
                if (record.To<Run>().Final) return record;
                away.IsOver();
            }
            catch (Exception e) when (away.Endures(e))
            {
            }

            await Task.Delay(Pause, call.Cancel);
        }
    }
}
