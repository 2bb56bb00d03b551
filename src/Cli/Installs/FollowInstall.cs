using System.Text.Json;
using Platform.Cli.Api;
using Spectre.Console;

namespace Platform.Cli.Installs;

/// <summary>Prints an install's log as it comes, and its end.</summary>
internal static class FollowInstall
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <param name="before">The version that is to be updated; null: it is no update.</param>
    public static async Task<int> RunAsync(Call call, Install install, int? before = null)
    {
        call.Screen.Say($"Installing {install.Connector} (install {install.Id})");
        var end = await WaitAsync(call, install);
        return Report(call.Screen, end, end.To<Install>(), before);
    }

    /// <returns>The final record.</returns>
    public static Task<JsonElement> WaitAsync(Call call, Install install) =>
        call.Screen.Interactive
            ? AnsiConsole.Progress()
                .AutoClear(true)
                .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new ElapsedTimeColumn())
                .StartAsync(progress => WaitAsync(call, install, progress.AddTask(Markup.Escape(Line(install))).IsIndeterminate()))
            : WaitAsync(call, install, null);

    private static int Report(Screen screen, JsonElement json, Install install, int? before)
    {
        screen.Document(json);
        if (install.State != "succeeded" || install.Version != before) return Tell(screen, install);

        screen.Say($"There is nothing new: {install.Connector} stays at version {install.Version}.");
        return ExitCode.Ok;
    }

    /// <summary>The end for a person, and the exit code.</summary>
    /// <param name="named">Where it is one of several: the error names its connector.</param>
    public static int Tell(Screen screen, Install install, bool named = false)
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

        Tell(screen, error, named ? $"{install.Connector}: {error.Message}" : error.Message);
        return ExitCode.Failed;
    }

    /// <summary>An error with the command that failed, and the end of what that wrote.</summary>
    public static void Tell(Screen screen, InstallError error, string message)
    {
        List<(string, string)> details = [];
        if (error.Command is { } command) details.Add(("command", command));
        if (error.ExitCode is { } exit) details.Add(("exit code", exit.ToString()));
        foreach (var line in error.OutputTail?.TrimEnd('\n').Split('\n') ?? []) details.Add(("output", line));
        screen.Fail(error.Code, message, details, error.Remedy);
    }

    private static async Task<JsonElement> WaitAsync(Call call, Install install, ProgressTask? bar)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(call.Cancel);
        var log = PrintLogAsync(call, $"/v1/installs/{install.Id}/log", done.Token);
        try
        {
            var end = await EndAsync(call, install.Id, bar);
            // Nothing comes any more; what is under way is printed to its end.
            await Task.WhenAny(log, Task.Delay(Pause * 10, call.Cancel));
            return end;
        }
        catch (Exception e) when (e is OperationCanceledException or CliException { ExitCode: ExitCode.NotReachable })
        {
            call.Screen.Note($"The install of {install.Connector} goes on by itself: platform installs log {install.Id}, or installs cancel.");
            throw;
        }
        finally
        {
            await done.CancelAsync();
            await log;
        }
    }

    private static async Task<JsonElement> EndAsync(Call call, Guid id, ProgressTask? bar)
    {
        while (true)
        {
            var json = await call.Api.GetAsync($"/v1/installs/{id}", call.Cancel);
            if (bar is not null) Show(bar, json.To<Install>());
            if (json.To<Install>().Final) return json;
            await Task.Delay(Pause, call.Cancel);
        }
    }

    /// <summary>Every line once, though the stream starts at the first line again after each break.</summary>
    public static async Task PrintLogAsync(Call call, string path, CancellationToken cancel)
    {
        var (printed, told) = (0, false);
        while (true)
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
                if (!told && e is not ApiException { Status: 404 })
                {
                    told = true;
                    call.Screen.Warn("installer_away", "The Installer can't be reached; its work goes on once it is back.",
                        "If it stays away, see the platform's log (apphost.log in its data folder), then stop and start the platform.");
                }

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
