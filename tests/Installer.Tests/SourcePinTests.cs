using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>What a lock file holds a source to; HTTP's is in <see cref="HttpSourceTests"/>.</summary>
public sealed class SourcePinTests
{
    [Fact]
    public async Task A_local_source_with_an_install_command_has_the_digest_of_its_files_as_a_bundle()
    {
        using var place = new Workplace();
        var folder = place.Source("source", ("run", "content"));
        var bundle = (await place.RunAsync(Workplace.Local(folder))).Digest;

        Assert.Equal(bundle, (await place.FetchAsync(Workplace.Local(folder, "echo more > more"), null)).SourceDigest);
        Assert.Equal(bundle, (await place.FetchAsync(Workplace.Local(folder), Pin(digest: bundle))).SourceDigest);
        // The bundle's own digest says it.
        Assert.Null((await place.FetchAsync(Workplace.Local(folder), null)).SourceDigest);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("true")]
    public async Task A_local_source_that_is_not_the_pinned_one_is_refused(string? install)
    {
        using var place = new Workplace();
        var folder = place.Source("source", ("run", "content"));
        var pin = Pin(digest: (await place.RunAsync(Workplace.Local(folder))).Digest);
        await File.WriteAllTextAsync(Path.Combine(folder, "run"), "other", TestContext.Current.CancellationToken);

        var error = await place.FetchFailsAsync(Workplace.Local(folder, install), pin);

        Assert.Equal("source_digest_mismatch", error.Code);
        Assert.Contains(pin.SourceDigest!, error.Message, StringComparison.Ordinal);
        Assert.Contains((await place.RunAsync(Workplace.Local(folder))).Digest!, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_source_that_only_its_install_command_makes_fit_has_no_digest()
    {
        using var place = new Workplace();
        var folder = place.Source("source", ("run", "content"));
        File.CreateSymbolicLink(Path.Combine(folder, "out"), "/etc/passwd");
        var manifest = Workplace.Local(folder, "rm out");

        Assert.Null((await place.FetchAsync(manifest, null)).SourceDigest);
        Assert.Equal(InstallState.Succeeded, (await place.RunAsync(manifest)).State);
        Assert.Equal("bundle_bad_link", (await place.FetchFailsAsync(manifest, Pin(digest: new string('0', 64)))).Code);
    }

    [Fact]
    public async Task A_pinned_commit_is_fetched_instead_of_the_ref()
    {
        using var place = new Workplace();
        var repository = place.Source("repository", ("run", "first"));
        Workplace.Shell("git init -q -b main; git add -A; git commit -qm first; echo second > run; git commit -qam second", repository);
        var (first, second) = (Workplace.Shell("git rev-parse HEAD~1", repository), Workplace.Shell("git rev-parse HEAD", repository));
        // A branch with the name of the commit, which leads elsewhere.
        Workplace.Shell($"git update-ref refs/heads/{first} {second}", repository);
        var manifest = Workplace.Vcs($"file://{repository}", "main");

        Assert.Equal(second, (await place.FetchAsync(manifest, null)).Revision);
        Assert.Equal(first, (await place.FetchAsync(manifest, Pin(revision: first))).Revision);
        foreach (var none in (string[])[new string('0', 40), first[..10], "main", "--upload-pack=touch"])
            Assert.Equal("ref_not_found", (await place.FetchFailsAsync(manifest, Pin(revision: none))).Code);
    }

    [Fact]
    public async Task A_pinned_commit_that_only_a_rewritten_branch_had_is_not_found()
    {
        using var place = new Workplace();
        var repository = place.Source("repository", ("run", "first"));
        Workplace.Shell("git init -q -b main; git add -A; git commit -qm first", repository);
        var gone = Workplace.Shell("git rev-parse HEAD", repository);
        Workplace.Shell("echo second > run; git commit -q --amend -am second; git reflog expire --expire=now --all; git gc -q --prune=now", repository);
        Assert.Equal("ref_not_found", (await place.FetchFailsAsync(Workplace.Vcs($"file://{repository}"), Pin(revision: gone))).Code);
    }

    private static SourcePin Pin(string? revision = null, string? digest = null) => new(revision, digest, null, false);
}
