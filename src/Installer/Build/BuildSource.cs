using System.Diagnostics;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Build;

/// <summary>Runs a manifest's install or update command in the root of the source.</summary>
internal sealed class BuildSource(Sandbox sandbox, IOptions<InstallOptions> options)
{
    /// <param name="kind">As in "the install command".</param>
    /// <param name="temporary">The command's /tmp.</param>
    /// <param name="readable">A folder that it sees besides; null: none.</param>
    /// <param name="hide">What takes secrets out of its output; null: it is told none.</param>
    public async Task RunAsync(
        Guid install, string kind, string command, string source, string temporary, InstallLog log, CancellationToken ct,
        string? readable = null, Func<string, string>? hide = null)
    {
        using var activity = PlatformActivity.Source.StartActivity("build");
        var isolation = await sandbox.IsolationAsync();
        activity?.SetTag("isolation", isolation.Name);
        var limits = new CommandLimits(options.Value, [source, temporary]);
        if (limits.FreeBytes() < options.Value.MinFreeBytes) throw Errors.TooLittleSpace(kind, options.Value.MinFreeBytes);
        log.Note(isolation switch
        {
            { Name: "direct" } => "isolation: direct (no bubblewrap here); the command runs in the source's folder and can see this machine's files",
            { Unprivileged: true } => "isolation: bubblewrap, as user nobody, in /connector",
            _ => "isolation: bubblewrap, in /connector",
        });
        log.Note(isolation.Groups is { } version ? $"limits: cgroup version {version}" : "limits: no cgroup can be made here; memory and processes are looked at twice a second");
        log.Note($"$ {command}");
        var prepared = await sandbox.PrepareAsync(source, temporary, install, Sandbox.Shell(command), readable);
        var limit = options.Value.CommandTimeLimit;
        var began = Stopwatch.GetTimestamp();
        hide ??= line => line;
        var outcome = await prepared.RunAsync(install, limit, (stream, line) => log.Add(stream, hide(line)), ct, limits);
        outcome = outcome with { OutputTail = hide(outcome.OutputTail) };
        activity?.SetTag("exit_code", outcome.ExitCode);
        switch (outcome)
        {
            case { Excess: { } excess }: throw Errors.CommandExceeded(kind, command, excess, options.Value, outcome.OutputTail);
            case { TimedOut: true }: throw Errors.CommandTimedOut(kind, command, limit, outcome.OutputTail);
            case { ExitCode: not 0 }: throw Errors.CommandFailed(kind, command, outcome.ExitCode, outcome.OutputTail);
        }
        log.Note($"the {kind} command ended with exit code 0 after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
    }
}
