using System.Text.Json;
using Platform.Cli.Api;
using Spectre.Console;

namespace Platform.Cli.Installs;

/// <summary>Prints an install's log as it comes, and its end.</summary>
internal static class FollowInstall
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    public static async Task<int> RunAsync(Call call, Install install)
    {
        call.Screen.Say($"Installing {install.Connector} (install {install.Id})");
        var end = await WaitAsync(call, install);
        return Report(call.Screen, end, end.To<Install>());
    }

    /// <returns>The final record.</returns>
    public static Task<JsonElement> WaitAsync(Call call, Install install) =>
        call.Screen.Interactive
            ? AnsiConsole.Progress()
                .AutoClear(true)
                .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
                .StartAsync(progress => WaitAsync(call, install, progress.AddTask(Markup.Escape(Line(install))).IsIndeterminate()))
            : WaitAsync(call, install, null);

    /// <summary>The end for a person, and the exit code.</summary>
    public static int Report(Screen screen, JsonElement json, Install install)
    {
        screen.Document(json);
        return Tell(screen, install);
    }

    /// <summary>As <see cref="Report"/>, without the document.</summary>
    public static int Tell(Screen screen, Install install)
    {
        foreach (var warning in install.Warnings ?? []) screen.Warn(warning.Code, warning.Message, warning.Remedy);
        switch (install.State)
        {
            case "succeeded":
                screen.Say($"Installed {install.Connector}, version {install.Version}, sha256 {install.Digest}");
                return ExitCode.Ok;
            case "cancelled":
                screen.Say($"The install of {install.Connector} was cancelled.");
                return ExitCode.Cancelled;
        }

        if (install.Error is not { } error)
        {
            screen.Fail("install_failed", $"The install of {install.Connector} failed.", [], null);
            return ExitCode.Failed;
        }

        List<(string, string)> details = [];
        if (error.Command is { } command) details.Add(("command", command));
        if (error.ExitCode is { } exit) details.Add(("exit code", exit.ToString()));
        foreach (var line in error.OutputTail?.TrimEnd('\n').Split('\n') ?? []) details.Add(("output", line));
        screen.Fail(error.Code, error.Message, details, error.Remedy);
        return ExitCode.Failed;
    }

    private static async Task<JsonElement> WaitAsync(Call call, Install install, ProgressTask? bar)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(call.Cancel);
        var log = PrintLogAsync(call, $"/v1/installs/{install.Id}/log", done.Token);
        while (true)
        {
            var json = await call.Api.GetAsync($"/v1/installs/{install.Id}", call.Cancel);
            install = json.To<Install>();
            if (bar is not null) Show(bar, install);
            if (!install.Final)
            {
                await Task.Delay(Pause, call.Cancel);
                continue;
            }

            // Nothing comes any more; what is under way is printed to its end.
            if (await Task.WhenAny(log, Task.Delay(Pause * 10, call.Cancel)) != log) await done.CancelAsync();
            await log;
            return json;
        }
    }

    /// <summary>Every line once, though the stream starts at the first line again after each break.</summary>
    private static async Task PrintLogAsync(Call call, string path, CancellationToken cancel)
    {
        for (var printed = 0; ;)
        {
            var seen = 0;
            try
            {
                await foreach (var item in call.Api.EventsAsync(path, cancel))
                {
                    if (item.EventType == "end") return;
                    if (item.EventType != "line" || ++seen <= printed) continue;
                    printed = seen;
                    call.Screen.Say("  " + JsonDocument.Parse(item.Data).RootElement.To<LogLine>().Text);
                }

                await Task.Delay(Pause, cancel);
            }
            catch (Exception e) when (e is ApiException { Status: 404 or 502 or 503 } or CliException { ExitCode: ExitCode.NotReachable })
            {
                // The installer has not begun yet, or is away for a moment; the record decides.
                await Task.Delay(Pause, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancel.IsCancellationRequested) return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static void Show(ProgressTask bar, Install install)
    {
        bar.Description = Markup.Escape(Line(install));
        bar.IsIndeterminate = install.TotalBytes is null || install.DoneBytes is null;
        if (install is { DoneBytes: { } bytes, TotalBytes: { } total and > 0 }) (bar.MaxValue, bar.Value) = (total, bytes);
    }

    private static string Line(Install install)
    {
        var bytes = install.DoneBytes is { } done ? $" {Megabytes(done)}{(install.TotalBytes is { } total ? $" of {Megabytes(total)}" : "")} MB" : "";
        return $"{install.Stage ?? install.State}{bytes}";
    }

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString("0.0");
}
