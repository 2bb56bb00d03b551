using System.Net;
using System.Net.Sockets;
using Platform.Installer.Sources;

namespace Platform.Installer.Tests;

public sealed class VcsSourceTests
{
    [Fact]
    public async Task Branches_tags_and_commits_are_fetched_and_the_commit_is_recorded()
    {
        using var place = new Workplace();
        var (repository, url) = Repository(place);
        Workplace.Shell("git tag light; git tag -a annotated -m text; git switch -qc feature/x; echo feature > run; git commit -qam feature; git switch -q main; echo later > run; git commit -qam later", repository);
        var (first, later, feature) = (Commit(repository, "light"), Commit(repository, "main"), Commit(repository, "feature/x"));

        foreach (var (reference, commit, content) in ((string?, string, string)[])
                 [
                     (null, later, "later"), ("main", later, "later"), ("feature/x", feature, "feature"), ("refs/heads/feature/x", feature, "feature"),
                     ("light", first, "first"), ("annotated", first, "first"), (first, first, "first"), (first[..10], first, "first"),
                 ])
        {
            var (status, tree) = await place.SucceedAsync(Workplace.Vcs(url, reference));
            Assert.Equal(commit, status.SourceRevision);
            Assert.Equal(content, (await File.ReadAllTextAsync(Path.Combine(tree, "run"), TestContext.Current.CancellationToken)).Trim());
            Assert.False(Path.Exists(Path.Combine(tree, ".git")));
        }
    }

    [Fact]
    public async Task A_subdir_becomes_the_root()
    {
        using var place = new Workplace();
        var (_, url) = Repository(place, "mkdir -p a/b; echo deep > a/b/run");

        var (_, tree) = await place.SucceedAsync(Workplace.Vcs(url, subdir: "a/b"));

        Assert.Equal("run", Workplace.Shell($"ls -A {tree}"));
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("0123456789012345678901234567890123456789")]
    [InlineData("abcdef0")]
    [InlineData("--upload-pack=touch pwned")]
    [InlineData("-x")]
    [InlineData("main:refs/heads/x")]
    [InlineData("main^{/x}")]
    [InlineData("../main")]
    public async Task A_ref_that_does_not_exist_or_is_none_is_refused(string reference)
    {
        using var place = new Workplace();
        var (_, url) = Repository(place);
        Assert.Equal("ref_not_found", (await place.FailAsync(Workplace.Vcs(url, reference))).Code);
    }

    [Fact]
    public async Task An_empty_repository_has_no_default_branch()
    {
        using var place = new Workplace();
        var repository = Directory.CreateDirectory(Path.Combine(place.Roots, "empty")).FullName;
        Workplace.Shell("git init -q -b main", repository);
        Assert.Equal("ref_not_found", (await place.FailAsync(Workplace.Vcs($"file://{repository}"))).Code);
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("../other")]
    [InlineData("a/../../other")]
    [InlineData("/elsewhere")]
    [InlineData("out")]
    [InlineData("run")]
    [InlineData(".git")]
    [InlineData("--upload-pack=touch pwned")]
    public async Task A_subdir_that_is_none_of_the_repository_is_refused(string subdir)
    {
        using var place = new Workplace();
        var elsewhere = Directory.CreateDirectory(Path.Combine(place.Folder, "elsewhere")).FullName;
        var (_, url) = Repository(place, $"ln -s {elsewhere} out");
        Assert.Equal("subdir_not_found", (await place.FailAsync(Workplace.Vcs(url, subdir: subdir))).Code);
        Assert.True(Directory.Exists(elsewhere));
    }

    [Theory]
    [InlineData("--upload-pack=touch /tmp/pwned")]
    [InlineData("-oProxyCommand=touch")]
    [InlineData("ext::sh -c touch% /tmp/pwned")]
    [InlineData("ext::sh")]
    [InlineData("http://example.com/x.git")]
    [InlineData("git://example.com/x.git")]
    [InlineData("ssh://-oProxyCommand=touch/x")]
    [InlineData("ssh://-x@example.com/x")]
    [InlineData("-x@example.com:x")]
    [InlineData("https://example.com")]
    [InlineData("file://host/x")]
    [InlineData("https://example.com/a b")]
    [InlineData("")]
    public async Task A_url_that_is_not_plainly_one_never_reaches_git(string url)
    {
        using var place = new Workplace();
        Assert.Equal("git_bad_url", (await place.FailAsync(Workplace.Vcs(url))).Code);
    }

    [Fact]
    public async Task A_file_url_obeys_the_roots_of_local_sources()
    {
        using var place = new Workplace();
        Workplace.Shell($"git init -q {place.Folder}/outside; ln -s {place.Folder}/outside {place.Roots}/link");
        foreach (var path in (string[])["/etc", $"{place.Folder}/outside", $"{place.Roots}/link", $"{place.Roots}/%2e%2e/outside", $"{place.Data.Root}"])
            Assert.Equal("local_not_allowed", (await place.FailAsync(Workplace.Vcs($"file://{path}"))).Code);
    }

    [Theory]
    [InlineData("https://127.0.0.1/x.git")]
    [InlineData("https://localhost:8443/x.git")]
    [InlineData("ssh://git@[::1]/x.git")]
    [InlineData("git@169.254.169.254:x.git")]
    [InlineData("https://0x7f000001/x.git")]
    public async Task A_host_that_is_not_public_is_refused(string url)
    {
        using var place = new Workplace();
        Assert.Equal("outbound_refused", (await place.FailAsync(Workplace.Vcs(url))).Code);
    }

    [Theory]
    [InlineData("https", 0x16)] // a TLS handshake record
    [InlineData("ssh", 'S')] // SSH-2.0-…
    public async Task A_host_on_the_allow_list_is_dialled(string scheme, int firstByte)
    {
        Assert.SkipUnless(scheme != "ssh" || File.Exists("/usr/bin/ssh"), "ssh is not installed.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var place = new Workplace(allow: $"localhost:{port}");
        var failing = place.FailAsync(Workplace.Vcs($"{scheme}://git@localhost:{port}/x.git"));

        using (var caller = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            var first = new byte[1];
            await caller.ReceiveAsync(first, TestContext.Current.CancellationToken);
            Assert.Equal(firstByte, first[0]);
        }
        Assert.Equal("git_failed", (await failing.WaitAsync(Workplace.Patience, TestContext.Current.CancellationToken)).Code);
    }

    [Fact]
    public async Task Nothing_of_a_repository_runs()
    {
        using var place = new Workplace();
        var pwned = Path.Combine(place.Folder, "pwned");
        var (repository, url) = Repository(place, "echo '* filter=evil diff=evil merge=evil' > .gitattributes");
        Workplace.Shell($"""
            git init -q ../module; git -C ../module commit -q --allow-empty -m module
            git -c protocol.file.allow=always submodule --quiet add {place.Roots}/module module; git commit -qm submodule
            printf '#!/bin/sh\ntouch {pwned}\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout
            for hook in pre-upload post-upload reference-transaction post-index-change fsmonitor-watchman; do cp .git/hooks/post-checkout .git/hooks/$hook; done
            git config filter.evil.smudge 'touch {pwned}'; git config filter.evil.process 'touch {pwned}'; git config core.fsmonitor .git/hooks/fsmonitor-watchman
            git config uploadpack.packObjectsHook 'touch {pwned}'; git config core.sshCommand 'touch {pwned}'; git config core.alternateRefsCommand 'touch {pwned}'
            """, repository);
        if (File.Exists(pwned)) File.Delete(pwned);

        var (_, tree) = await place.SucceedAsync(Workplace.Vcs(url));

        Assert.False(File.Exists(pwned));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(tree, "module")));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../outside")]
    [InlineData(".git/config/../../../outside")]
    public async Task A_link_out_of_a_repository_is_refused(string target)
    {
        using var place = new Workplace();
        var (_, url) = Repository(place, $"ln -s {target} link");
        var error = await place.FailAsync(Workplace.Vcs(url));
        Assert.Equal("bundle_bad_link", error.Code);
        Assert.Contains($"'link' leads to '{target}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_of_another_user_is_fetched()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Giving files away needs root.");
        using var place = new Workplace();
        var (repository, url) = Repository(place);
        Workplace.Shell($"chown -R nobody '{repository}'");
        await place.SucceedAsync(Workplace.Vcs(url));
    }

    [Fact]
    public async Task A_failure_of_git_says_what_git_said()
    {
        using var place = new Workplace();
        var error = await place.FailAsync(Workplace.Vcs($"file://{place.Source("plain", ("run", ""))}"));
        Assert.Equal("git_failed", error.Code);
        Assert.Equal(128, error.ExitCode);
        Assert.StartsWith("git ls-remote", error.Command, StringComparison.Ordinal);
        Assert.Contains("does not appear to be a git repository", error.OutputTail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://user:hunter22@example.com/x.git", "https://***@example.com/x.git")]
    [InlineData("https://tokentoken@example.com/x.git", "https://***@example.com/x.git")]
    [InlineData("ssh://git@example.com:2222/x.git", "ssh://git@example.com:2222/x.git")]
    [InlineData("git@example.com:owner/x.git", "ssh://git@example.com/owner/x.git")]
    public void Credentials_of_a_url_are_not_shown(string url, string shown) => Assert.Equal(shown, GitUrl.Parse(url).Shown);

    private static (string Folder, string Url) Repository(Workplace place, string script = "true")
    {
        var folder = place.Source("a repository", ("run", "first\n"));
        Workplace.Shell($"git init -q -b main; {script}; git add -A; git commit -qm first", folder);
        return (folder, $"file://{folder.Replace(" ", "%20", StringComparison.Ordinal)}");
    }

    private static string Commit(string repository, string revision) => Workplace.Shell($"git rev-parse '{revision}^{{commit}}'", repository);
}
