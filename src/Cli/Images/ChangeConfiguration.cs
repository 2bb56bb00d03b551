using System.CommandLine;
using System.Text.Json;
using Platform.Cli.Api;
using Platform.Cli.Connectors;
using Platform.Cli.Installs;

namespace Platform.Cli.Images;

/// <summary><c>image update</c> and <c>image upgrade</c>: a package's own commands change the folder of its configuration, all at once or not at all.</summary>
internal static class ChangeConfiguration
{
    private sealed record Report(bool Succeeded, IReadOnlyList<FileChange> Changes, string? Output, InstallError? Error, IReadOnlyList<InstallWarning> Warnings);

    private sealed record FileChange(string Path, string Change);

    public static Command Update()
    {
        var (folder, env) = (Folder(), CommandVariables.Option());
        return new Command("update", "Runs the command update of a connector's package in its folder.") { folder, env }.Does(async call =>
            Tell(call.Screen, await call.Api.PostAsync(
                "/v1/images/configurations/updates", new { folder = Path.GetFullPath(call.Get(folder)), env = CommandVariables.Of(call.Get(env) ?? []) }, call.Cancel, CommandVariables.AnswerWithin)));
    }

    public static Command Upgrade()
    {
        var (folder, env) = (Folder(), CommandVariables.Option());
        var package = new Argument<string>("package") { Description = "The package's version to upgrade to: its folder, or the archive of it (a path or a URL)." };
        var sha256 = new Option<string?>("--sha256") { Description = "What a downloaded package must have, 64 hex digits." };
        return new Command("upgrade", "Puts another version of its package into a connector's folder, and runs that version's upgradeConfiguration.") { folder, package, sha256, env }.Does(async call =>
        {
            var target = PackageArchive.IsUrl(call.Get(package)) ? call.Get(package) : Path.GetFullPath(call.Get(package));
            var body = new { folder = Path.GetFullPath(call.Get(folder)), package = target, sha256 = call.Get(sha256), env = CommandVariables.Of(call.Get(env) ?? []) };
            return Tell(call.Screen, await call.Api.PostAsync("/v1/images/configurations/upgrades", body, call.Cancel, CommandVariables.AnswerWithin));
        });
    }

    private static Argument<string> Folder() => new("folder") { Description = "The folder with the package's definition (.hasura-connector) and the configuration; on the platform's machine, below its local roots." };

    private static int Tell(Screen screen, JsonElement json)
    {
        screen.Document(json);
        var report = json.To<Report>();
        foreach (var warning in report.Warnings) screen.Warn(warning.Code, warning.Message, warning.Remedy);
        if (report.Error is { } error)
        {
            FollowInstall.Tell(screen, error, error.Message);
            return ExitCode.Failed;
        }
        if (!report.Succeeded) return ExitCode.Failed;
        if (report.Output is { Length: > 0 } output) screen.Say("  " + output.Replace("\n", "\n  ", StringComparison.Ordinal));
        foreach (var change in report.Changes) screen.Say($"{change.Change}\t{change.Path}");
        screen.Say(report.Changes.Count == 0 ? "Nothing has changed." : $"{report.Changes.Count} files have changed.");
        return ExitCode.Ok;
    }
}
