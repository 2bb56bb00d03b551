using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Build;
using Platform.Installer.Bundles;
using Platform.Installer.Sources;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <summary>Makes the next version of the files of one that is installed, by the manifest's update command.</summary>
internal sealed partial class UpdateFiles(UnpackBundle unpack, VcsSource vcs, BuildSource build, Sandbox sandbox, IOptions<InstallOptions> options)
{
    private const string GitFolder = ".git";
    private static readonly TimeSpan RevisionLimit = TimeSpan.FromSeconds(30);

    /// <param name="source">An empty folder; holds the new files afterwards.</param>
    /// <param name="temporary">The command's /tmp.</param>
    public async Task<Fetched> RunAsync(
        InstallStatus status, InstalledVersion from, string source, string temporary, string fetch, InstallLog log, Action<string> enter, CancellationToken ct)
    {
        var (id, manifest) = (status.InstallId, status.Manifest);
        enter("fetching");
        log.Note($"updating the files of {from.Digest}");
        await unpack.RunAsync(from.Digest, source, ct);
        // What the platform had made of the files is made anew.
        if (!manifest.IsProgram) Remove(Path.Combine(source, Path.GetDirectoryName(ServiceRuntime.Path)!));
        var repository = await RepositoryAsync(id, manifest, from, source, temporary, fetch, log, ct);
        FaultPoints.Pass("fetched");

        enter("building");
        // A file:// remote is the one thing of this machine that the command sees besides; its operator has allowed it as a source.
        var readable = repository is { Url.Scheme: "file" } ? repository.Url.Path : null;
        await build.RunAsync(id, "update", manifest.UpdateCommand!, source, temporary, log, ct, readable, repository is null ? null : repository.Url.Hide);
        var revision = repository is null ? null : await RevisionAsync(id, source, temporary, ct);
        if (repository is not null) Remove(Path.Combine(source, GitFolder));
        if (revision is not null) log.Note($"now at commit {revision}");
        FaultPoints.Pass("built");
        return new Fetched(revision, null);
    }

    private async Task<UpdateRepository?> RepositoryAsync(
        Guid id, Manifest manifest, InstalledVersion from, string source, string temporary, string fetch, InstallLog log, CancellationToken ct)
    {
        if (manifest.Source != "VCS" || from.SourceRevision is not { } commit) return null;
        if (!string.IsNullOrEmpty(manifest.Subdir))
        {
            log.Note("the files are a folder of the repository (subdir), so there is no repository around them");
            return null;
        }
        var repository = await vcs.RepositoryAsync(id, manifest, commit, fetch, log, ct);
        // An install command may have left one of its own.
        Remove(Path.Combine(source, GitFolder));
        Directory.Move(repository.Folder, Path.Combine(source, GitFolder));
        // The repository is this service's, the command is not.
        var home = Directory.CreateDirectory(Path.Combine(temporary, "home")).FullName;
        await File.WriteAllTextAsync(Path.Combine(home, ".gitconfig"), "[safe]\n\tdirectory = *\n", ct);
        return repository;
    }

    /// <summary>Asked in the sandbox, since the command may have made anything of its repository; null when the answer is no commit.</summary>
    private async Task<string?> RevisionAsync(Guid id, string source, string temporary, CancellationToken ct)
    {
        var lines = new List<string>();
        var command = await sandbox.PrepareAsync(source, temporary, id, ["git", "rev-parse", "--verify", "HEAD"]);
        var outcome = await command.RunAsync(id, RevisionLimit, (stream, line) =>
        {
            if (stream == "stdout" && lines.Count == 0) lines.Add(line);
        }, ct, new CommandLimits(options.Value, [source, temporary]));
        return outcome is { ExitCode: 0, TimedOut: false } && lines is [var line] && Commit().IsMatch(line) ? line : null;
    }

    /// <summary>Whatever it has become.</summary>
    private static void Remove(string path)
    {
        if (Posix.Look(path) is not { } entry) return;
        if (entry.Kind == Posix.Kind.Folder) Tree.Delete(path);
        else File.Delete(path);
    }

    [GeneratedRegex("^([0-9a-f]{40}|[0-9a-f]{64})$")]
    private static partial Regex Commit();
}
