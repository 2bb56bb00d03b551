using System.Text.RegularExpressions;
using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Sources;

/// <summary>
/// A repository as an update command expects it around the files: at the commit that they came from, with the remote <c>origin</c>, and on the
/// branch that the manifest means, where it means one. Made in a folder of our own, since the files may be hostile.
/// </summary>
/// <param name="Folder">The .git.</param>
internal sealed record UpdateRepository(string Folder, GitUrl Url);

internal sealed partial class VcsSource
{
    private const string Branches = "refs/heads/";

    public async Task<UpdateRepository> RepositoryAsync(Guid install, Manifest manifest, string commit, string temporary, InstallLog log, CancellationToken ct)
    {
        var session = await OpenAsync(install, manifest, temporary, log, ct);
        await FetchByIdAsync(session, commit, ct);
        await git.RunAsync(session, ["config", "remote.origin.url", session.Url.Text], ct);
        await git.RunAsync(session, ["config", "remote.origin.fetch", $"+{Branches}*:refs/remotes/origin/*"], ct);
        if (await BranchAsync(session, manifest.Ref, ct) is { } branch)
        {
            await git.RunAsync(session, ["update-ref", Branches + branch, commit], ct);
            await git.RunAsync(session, ["update-ref", $"refs/remotes/origin/{branch}", commit], ct);
            await git.RunAsync(session, ["symbolic-ref", "HEAD", Branches + branch], ct);
            await git.RunAsync(session, ["config", $"branch.{branch}.remote", "origin"], ct);
            await git.RunAsync(session, ["config", $"branch.{branch}.merge", Branches + branch], ct);
        }
        else
        {
            await git.RunAsync(session, ["update-ref", "--no-deref", "HEAD", commit], ct);
        }
        await git.RunAsync(session, ["read-tree", commit], ct);
        return new UpdateRepository(Path.Combine(session.Folder, ".git"), session.Url);
    }

    /// <summary>Null when the manifest names a tag or a commit.</summary>
    private async Task<string?> BranchAsync(Git.Session session, string? reference, CancellationToken ct)
    {
        var wanted = string.IsNullOrEmpty(reference) ? "HEAD" : Branches + reference;
        var lines = await git.RunAsync(session, ["ls-remote", "--symref", "--", session.Url.Text, wanted], ct);
        var branch = string.IsNullOrEmpty(reference)
            ? lines.Select(line => DefaultBranch().Match(line)).FirstOrDefault(match => match.Success)?.Groups[1].Value
            : lines.Any(line => line.EndsWith($"\t{wanted}", StringComparison.Ordinal)) ? reference : null;
        return branch is not null && RefName().IsMatch(branch) ? branch : null;
    }

    [GeneratedRegex("^ref: refs/heads/(.+)\tHEAD$")]
    private static partial Regex DefaultBranch();
}
