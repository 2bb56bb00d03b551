using System.Diagnostics;
using Microsoft.Extensions.Options;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Build;

/// <summary>Runs a manifest's install command in the root of the fetched source.</summary>
internal sealed class BuildSource(Sandbox sandbox, IOptions<InstallOptions> options)
{
    public async Task RunAsync(Guid install, string source, string temporary, string command, InstallLog log, CancellationToken ct)
    {
        using var activity = PlatformActivity.Source.StartActivity("build");
        var isolation = await sandbox.IsolationAsync();
        activity?.SetTag("isolation", isolation.Name);
        Directory.CreateDirectory(Path.Combine(temporary, "home"));
        log.Note(isolation switch
        {
            { Name: "direct" } => "isolation: direct (no bubblewrap here); the command runs in the source's folder and can see this machine's files",
            { Unprivileged: true } => "isolation: bubblewrap, as user nobody, in /connector",
            _ => "isolation: bubblewrap, in /connector",
        });
        log.Note($"$ {command}");
        var prepared = await sandbox.PrepareAsync(source, temporary, install, command);
        var limit = options.Value.CommandTimeLimit;
        var began = Stopwatch.GetTimestamp();
        var outcome = await prepared.RunAsync(install, limit, log.Add, ct, options.Value.CommandMemoryBytes);
        activity?.SetTag("exit_code", outcome.ExitCode);
        if (outcome.OutOfMemory) throw Errors.CommandOutOfMemory(command, options.Value.CommandMemoryBytes, outcome.OutputTail);
        if (outcome.TimedOut) throw Errors.CommandTimedOut(command, limit, outcome.OutputTail);
        if (outcome.ExitCode != 0) throw Errors.CommandFailed(command, outcome.ExitCode, outcome.OutputTail);
        log.Note($"the install command ended with exit code 0 after {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s");
    }
}
