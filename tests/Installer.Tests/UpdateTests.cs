using Platform.Contracts;
using Platform.Installer.Installs;

namespace Platform.Installer.Tests;

/// <summary>An update by the manifest's own command makes the next version of the files of one that is installed.</summary>
public sealed class UpdateTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory, InlineData(null), InlineData("main")]
    public async Task Git_pull_works_in_the_files_of_the_version_before_and_gives_the_new_commit(string? reference)
    {
        using var place = new Workplace();
        var (repository, manifest) = Repository(place, "git pull --quiet && cat run >> built && git status --porcelain --untracked-files=no > changed", reference);
        var first = await InstalledAsync(place, manifest);
        // Twice, so that the shallow repository is behind by more than one commit.
        Workplace.Shell("echo second > run; git commit -qam second; echo third > run; echo new > added; git add -A; git commit -qm third", repository);

        var (status, tree) = await UpdatedAsync(place, manifest, first);

        Assert.Equal(Workplace.Shell("git rev-parse HEAD", repository), status.SourceRevision);
        Assert.Equal("third\n", await File.ReadAllTextAsync($"{tree}/run", Ct));
        Assert.Equal("new\n", await File.ReadAllTextAsync($"{tree}/added", Ct));
        // What the install command had made is still there.
        Assert.Equal("first\nthird\n", await File.ReadAllTextAsync($"{tree}/built", Ct));
        Assert.Equal("", await File.ReadAllTextAsync($"{tree}/changed", Ct));
        Assert.False(Path.Exists($"{tree}/.git"));
        Assert.NotEqual(first.Digest, status.Digest);

        // From the new version on to the next.
        Workplace.Shell("echo fourth > run; git commit -qam fourth", repository);
        var (next, _) = await UpdatedAsync(place, manifest, new InstalledVersion(status.Digest!, status.SourceRevision));
        Assert.Equal(Workplace.Shell("git rev-parse HEAD", repository), next.SourceRevision);
    }

    [Fact]
    public async Task A_tag_is_a_detached_head_at_the_recorded_commit()
    {
        using var place = new Workplace();
        var (repository, manifest) = Repository(place, "git rev-parse HEAD > head; ! git symbolic-ref -q HEAD && git remote get-url origin >> head", "v1", "git tag v1");
        var first = await InstalledAsync(place, manifest);

        var (status, tree) = await UpdatedAsync(place, manifest, first);

        Assert.Equal($"{first.SourceRevision}\nfile://{repository}\n", await File.ReadAllTextAsync($"{tree}/head", Ct));
        Assert.Equal(first.SourceRevision, status.SourceRevision);
    }

    [Theory]
    [InlineData("echo nonsense > .git/HEAD")]
    [InlineData("rm -rf .git; ln -s /etc .git")]
    [InlineData("rm -rf .git; echo 'gitdir: /etc' > .git")]
    [InlineData("git config core.fsmonitor 'touch {0}'; git config alias.rev-parse '!touch {0}'; printf '#!/bin/sh\\ntouch {0}\\n' > .git/hooks/post-checkout; chmod +x .git/hooks/post-checkout; git config core.sshCommand 'touch {0}'")]
    public async Task What_the_command_makes_of_its_repository_is_its_own_affair(string command)
    {
        using var place = new Workplace();
        var pwned = Path.Combine(place.Folder, "pwned");
        var (_, manifest) = Repository(place, "mkdir -p .git/hooks; " + command.Replace("{0}", pwned, StringComparison.Ordinal) + "; echo x > changed");
        var (status, tree) = await UpdatedAsync(place, manifest, await InstalledAsync(place, manifest));

        Assert.False(File.Exists(pwned));
        Assert.False(Path.Exists($"{tree}/.git"));
        Assert.True(status.SourceRevision is null or { Length: 40 });
        Assert.True(Directory.Exists("/etc"));
    }

    [Fact]
    public async Task A_local_source_is_not_looked_at_and_the_log_says_whose_files_they_are()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "old"), ("lib/deep/file", "x"));
        Workplace.Shell("ln -s ../run lib/link; chmod +x run; mkdir empty", source);
        var manifest = Workplace.Local(source, "touch installed") with { UpdateCommand = "test -x run && test ! -x lib/deep/file && echo more >> run" };
        var first = await InstalledAsync(place, manifest);
        Tree.Delete(source);

        var (status, tree) = await UpdatedAsync(place, manifest, first);

        Assert.Equal("oldmore\n", await File.ReadAllTextAsync($"{tree}/lib/link", Ct));
        Assert.True(File.Exists($"{tree}/installed") && Directory.Exists($"{tree}/empty"));
        Assert.Equal((null, null), (status.SourceRevision, status.SourceDigest));
        Assert.Contains(first.Digest, place.LogText(status), StringComparison.Ordinal);
        Assert.Contains("the update command ended", place.LogText(status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_that_changes_nothing_is_the_same_bundle()
    {
        using var place = new Workplace();
        var manifest = Workplace.Local(place.Source("source", ("run", "old"))) with { UpdateCommand = "true" };
        var first = await InstalledAsync(place, manifest);
        Assert.Equal(first.Digest, (await UpdatedAsync(place, manifest, first)).Status.Digest);
    }

    [Theory]
    [InlineData("rm {0}")]
    [InlineData("printf x | dd of={0} bs=1 seek=600 conv=notrunc status=none")]
    public async Task Files_that_are_gone_or_damaged_are_no_base(string damage)
    {
        using var place = new Workplace();
        var manifest = Workplace.Local(place.Source("source", ("run", "old"))) with { UpdateCommand = "true" };
        var first = await InstalledAsync(place, manifest);
        Workplace.Shell(damage.Replace("{0}", $"{place.Data.Store}/{first.Digest[..2]}/{first.Digest}.tar", StringComparison.Ordinal));

        var status = await place.RunAsync(Status(manifest) with { UpdateFrom = first });

        Assert.Equal("update_base_missing", status.Error!.Code);
        Assert.Contains("Install the connector again", status.Error.Remedy, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Data.Work));
    }

    [Fact]
    public async Task Without_a_version_to_begin_with_without_command_or_with_a_pin_everything_is_made_anew()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "old"));
        var manifest = Workplace.Local(source) with { UpdateCommand = "touch updated" };
        var first = await InstalledAsync(place, manifest);
        await File.WriteAllTextAsync(Path.Combine(source, "run"), "new", Ct);
        var anew = (await place.SucceedAsync(manifest)).Status.Digest;

        Assert.NotEqual(first.Digest, anew);
        Assert.Equal(anew, (await place.RunAsync(Status(manifest with { UpdateCommand = " " }) with { UpdateFrom = first })).Digest);
        Assert.Equal(anew, (await place.RunAsync(Status(manifest) with { UpdateFrom = first, Pin = new SourcePin(null, null, anew, Strict: true) })).Digest);
    }

    [Fact]
    public async Task An_update_command_that_fails_is_called_so()
    {
        using var place = new Workplace();
        var manifest = Workplace.Local(place.Source("source", ("run", "old"))) with { UpdateCommand = "echo no >&2; exit 4" };
        var status = await place.RunAsync(Status(manifest) with { UpdateFrom = await InstalledAsync(place, manifest) });
        Assert.Equal(("install_command_failed", 4, "echo no >&2; exit 4", "no"), (status.Error!.Code, status.Error.ExitCode, status.Error.Command, status.Error.OutputTail));
        Assert.StartsWith("The update command", status.Error.Message, StringComparison.Ordinal);
    }

    private static (string Folder, Manifest Manifest) Repository(Workplace place, string update, string? reference = null, string script = "true")
    {
        var folder = place.Source("repository", ("run", "first\n"));
        Workplace.Shell($"git init -q -b main; git add -A; git commit -qm first; {script}", folder);
        return (folder, Workplace.Vcs($"file://{folder}", reference) with { InstallCommand = "cat run > built", UpdateCommand = update });
    }

    private static async Task<InstalledVersion> InstalledAsync(Workplace place, Manifest manifest)
    {
        var (status, _) = await place.SucceedAsync(manifest);
        return new InstalledVersion(status.Digest!, status.SourceRevision);
    }

    private static async Task<(InstallStatus Status, string Tree)> UpdatedAsync(Workplace place, Manifest manifest, InstalledVersion from)
    {
        var status = await place.RunAsync(Status(manifest) with { UpdateFrom = from });
        Assert.True(status.State == InstallState.Succeeded, $"{status.Error}\n{place.LogText(status)}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Data.Work));
        return (status, place.Unpack(status.Digest!));
    }

    private static InstallStatus Status(Manifest manifest) => new(Guid.CreateVersion7(), manifest, manifest.Name, DateTimeOffset.UtcNow, null);
}
