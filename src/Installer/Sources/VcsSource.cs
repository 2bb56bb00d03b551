using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Platform.Contracts;
using Platform.Installer.Installs;
using Platform.ServiceDefaults;

namespace Platform.Installer.Sources;

/// <summary>A git repository at a branch, a tag or a commit, or a folder of it. A branch wins over a tag of the same name.</summary>
internal sealed partial class VcsSource(Git git, LocalRoots roots, OutboundGuard guard, IOptions<InstallOptions> options)
{
    private const string Fetched = "refs/platform/fetched";

    /// <param name="pinned">The commit that a lock file wants instead of the manifest's ref; null: none.</param>
    /// <returns>The commit.</returns>
    public async Task<string> FetchAsync(Guid install, Manifest manifest, string? pinned, string target, string temporary, InstallLog log, CancellationToken ct)
    {
        var reference = string.IsNullOrEmpty(manifest.Ref) ? null : manifest.Ref;
        if (reference is not null && !RefName().IsMatch(reference)) throw Errors.BadRef(reference);
        if (pinned is not null && !(Commit().IsMatch(pinned) && pinned.Length >= 40)) throw Errors.BadRef(pinned);
        var subdir = Subdir.Checked(manifest.Subdir);
        var session = await OpenAsync(install, manifest, temporary, log, ct);
        // By its id alone: a branch that is named like the commit is not the commit.
        var commit = pinned is null ? await FetchCommitAsync(session, reference, ct) : await FetchByIdAsync(session, pinned, ct);
        await git.RunAsync(session, ["checkout", "--quiet", "--detach", "--no-recurse-submodules", commit, "--"], ct);
        Tree.Delete(Path.Combine(session.Folder, ".git"));
        Subdir.Take(session.Folder, subdir, target, options.Value, ct);
        log.Note($"fetched {session.Url.Shown} at commit {commit}");
        return commit;
    }

    /// <summary>An empty repository for the manifest's URL, which is checked.</summary>
    private async Task<Git.Session> OpenAsync(Guid install, Manifest manifest, string temporary, InstallLog log, CancellationToken ct)
    {
        var url = GitUrl.Parse(manifest.Uri);
        IReadOnlyList<IPAddress> addresses = [];
        if (url.Scheme == "file")
        {
            var path = roots.Check(url.Path);
            url = url with { Path = path, Text = "file://" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)) };
        }
        else
        {
            addresses = await CheckedAddressesAsync(url, ct);
        }

        var checkout = Directory.CreateDirectory(Path.Combine(temporary, "checkout")).FullName;
        var session = git.Open(install, url, addresses, checkout, Path.Combine(temporary, "gitconfig"), log);
        await git.RunAsync(session, ["init", "--quiet"], ct);
        return session;
    }

    private async Task<string> FetchCommitAsync(Git.Session session, string? reference, CancellationToken ct)
    {
        var refs = (await git.RunAsync(session, ["ls-remote", "--", session.Url.Text], ct))
            .Select(line => line.Split('\t')).Where(parts => parts.Length == 2).Select(parts => parts[1]).ToHashSet(StringComparer.Ordinal);
        var named = reference is null ? ["HEAD"] : (string[])[$"refs/heads/{reference}", $"refs/tags/{reference}", reference];
        if (named.FirstOrDefault(refs.Contains) is { } name)
        {
            await git.RunAsync(session, [.. Fetch, "--depth=1", "--", session.Url.Text, $"+{name}:{Fetched}"], ct);
            return await CommitAsync(session, Fetched, ct) ?? throw Errors.RefNotFound(reference);
        }
        if (reference is null || !Commit().IsMatch(reference)) throw Errors.RefNotFound(reference);
        return await FetchByIdAsync(session, reference, ct);
    }

    private async Task<string> FetchByIdAsync(Git.Session session, string reference, CancellationToken ct)
    {
        if (reference.Length >= 40)
        {
            var (outcome, _) = await git.TryAsync(session, [.. Fetch, "--depth=1", "--", session.Url.Text, $"+{reference}:{Fetched}"], ct);
            if (outcome.ExitCode == 0) return await CommitAsync(session, Fetched, ct) ?? throw Errors.RefNotFound(reference);
        }
        // Not every server gives out a commit by its id, and none a shortened one: take everything and look.
        await git.RunAsync(session, [.. Fetch, "--", session.Url.Text, "+refs/heads/*:refs/platform/heads/*", "+refs/tags/*:refs/platform/tags/*"], ct);
        return await CommitAsync(session, reference, ct) ?? throw Errors.RefNotFound(reference);
    }

    private static string[] Fetch => ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-maintenance"];

    private async Task<string?> CommitAsync(Git.Session session, string revision, CancellationToken ct)
    {
        var (outcome, lines) = await git.TryAsync(session, ["rev-parse", "--quiet", "--verify", "--end-of-options", $"{revision}^{{commit}}"], ct);
        return outcome.ExitCode == 0 ? lines.LastOrDefault(line => line.Length >= 40) : null;
    }

    private async Task<IReadOnlyList<IPAddress>> CheckedAddressesAsync(GitUrl url, CancellationToken ct)
    {
        try
        {
            return await guard.CheckHostAsync(url.Host, url.Port, ct);
        }
        catch (ProblemException e)
        {
            throw Errors.OutboundRefused(e.Problem);
        }
    }

    /// <summary>A safe part of what git-check-ref-format allows; no beginning with '-', no "..", no "@{".</summary>
    [GeneratedRegex(@"^(?![-/.])(?!.*(\.\.|//|@\{|\.lock$|[/.]$))[^\x00-\x20\x7f~^:?*\[\\]{1,255}$")]
    private static partial Regex RefName();

    [GeneratedRegex("^([0-9a-f]{7,40}|[0-9a-f]{64})$")]
    private static partial Regex Commit();
}
