using System.Security.Cryptography;
using Platform.Installer.Bundles;

namespace Platform.Installer.Tests;

public sealed class BundleTests
{
    [Fact]
    public async Task The_same_files_give_the_same_digest_whoever_packs_them_and_when()
    {
        using var place = new Workplace();
        (string, string)[] files = [("run", "#!/bin/sh\n"), ("lib/a", "a"), ("lib-b", "b"), ("lib/deep/c", "c")];
        var first = place.Source("first", files);
        var second = place.Source("second", [.. files.Reverse()]);
        Workplace.Shell($"chmod 700 {first}/run; chmod 755 {second}/run; chmod 600 {first}/lib/a; touch -d 2001-01-01 {second}/lib/a {second}/lib; ln -s run {first}/link; ln -s run {second}/link");

        var (one, tree) = await place.SucceedAsync(Workplace.Local(first));
        var (two, _) = await place.SucceedAsync(Workplace.Local(second));

        Assert.Equal(one.Digest, two.Digest);
        await using var bundle = place.Store.Open(one.Digest!)!;
        Assert.Equal(one.Digest, Convert.ToHexStringLower(await SHA256.HashDataAsync(bundle, TestContext.Current.CancellationToken)));
        Assert.Equal(one.SizeBytes, bundle.Length);
        Workplace.Shell($"test -x {tree}/run && test ! -x {tree}/lib/a && test $(readlink {tree}/link) = run && diff -r {first} {tree}");
    }

    [Fact]
    public async Task The_digest_that_a_folder_would_have_is_told_without_writing_anything()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "content"), ("lib/deep/c", new string('c', 300_000)));
        Workplace.Shell("chmod +x run; ln -s lib/deep link; mkdir empty", source);

        var foretold = await place.Pack.DigestAsync(source, TestContext.Current.CancellationToken);

        Assert.Empty(Directory.EnumerateFiles(place.Data.Root, "*", SearchOption.AllDirectories));
        Assert.Equal((await place.SucceedAsync(Workplace.Local(source))).Status.Digest, foretold);
        Workplace.Shell("ln -sf /etc/passwd link", source);
        await Assert.ThrowsAsync<InstallFailedException>(() => place.Pack.DigestAsync(source, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_removed_bundle_is_gone_but_a_download_of_it_goes_on_and_installing_brings_it_back()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "content"));
        var (status, _) = await place.SucceedAsync(Workplace.Local(source));
        var service = new BundlesService(place.Store);
        await using var download = place.Store.Open(status.Digest!)!;

        Assert.True(await RemoveAsync(status.Digest!));
        Assert.Null(place.Store.Open(status.Digest!));
        Assert.Equal(status.Digest, Convert.ToHexStringLower(await SHA256.HashDataAsync(download, TestContext.Current.CancellationToken)));
        foreach (var digest in (string[])[status.Digest!, new string('0', 64), "", "../../../etc/passwd"])
            Assert.False(await RemoveAsync(digest));
        await place.SucceedAsync(Workplace.Local(source));
        Assert.True(await RemoveAsync(status.Digest!));

        async Task<bool> RemoveAsync(string digest) => (await service.Remove(new() { Digest = digest }, null!)).Removed;
    }

    [Fact]
    public async Task A_changed_byte_mode_name_or_empty_folder_changes_the_digest()
    {
        using var place = new Workplace();
        var digests = new HashSet<string?>();
        foreach (var change in (string[])["true", "echo x >> run", "chmod +x run", "mv run run2", "mkdir empty"])
        {
            var source = place.Source($"source{digests.Count}", ("run", "content"));
            Workplace.Shell(change, source);
            digests.Add((await place.RunAsync(Workplace.Local(source))).Digest);
        }
        Assert.DoesNotContain(null, digests);
        Assert.Equal(5, digests.Count);
    }

    [Fact]
    public async Task Long_names_and_names_beyond_ascii_survive()
    {
        using var place = new Workplace();
        var path = string.Join('/', Enumerable.Repeat(new string('n', 100), 5)) + "/größe – 尺寸";
        var source = place.Source("long", (path, "content"));
        Workplace.Shell($"ln -s '{path}' link", source);

        var (_, tree) = await place.SucceedAsync(Workplace.Local(source));

        Assert.Equal("content", await File.ReadAllTextAsync(Path.Combine(tree, "link"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("ln -s ../outside bad")]
    [InlineData("ln -s /etc/passwd bad")]
    [InlineData("ln -s /usr/../etc/passwd bad")]
    [InlineData("ln -s /user bad")]
    [InlineData("mkdir d; ln -s d/../../outside bad")]
    [InlineData("ln -s /usr/lib away; ln -s away/../../etc bad")]
    [InlineData("mkdir -p d/e; ln -s d/e deep; ln -s deep/../../../outside bad")]
    [InlineData("ln -s bad bad")]
    public async Task A_link_out_of_the_folder_is_refused_however_it_gets_there(string script)
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", ""));
        Workplace.Shell(script, source);

        var error = await place.FailAsync(Workplace.Local(source));

        Assert.Equal("bundle_bad_link", error.Code);
        Assert.Contains("'bad' leads to", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ln -s run good", "run")]
    [InlineData("ln -s /usr/bin/python3 good", "/usr/bin/python3")]
    [InlineData("ln -s missing good", "missing")]
    [InlineData("mkdir -p d/e; ln -s d/e deep; ln -s deep/../../run good", "deep/../../run")]
    [InlineData("mkdir d; cd d; ln -s /connector/run good; ln -s d/good ../good", "d/good")]
    public async Task A_link_inside_the_folder_or_to_usr_is_kept(string script, string target)
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", ""));
        Workplace.Shell(script, source);

        var (_, tree) = await place.SucceedAsync(Workplace.Local(source));

        Assert.Equal(target, new FileInfo(Path.Combine(tree, "good")).LinkTarget);
    }

    [Fact]
    public async Task An_absolute_link_into_the_folder_becomes_relative_because_the_folder_moves()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("lib/run", "content"));
        Workplace.Shell("mkdir bin; ln -s /connector/lib/run bin/run", source);

        var (_, tree) = await place.SucceedAsync(Workplace.Local(source));

        Assert.Equal("../lib/run", new FileInfo(Path.Combine(tree, "bin/run")).LinkTarget);
    }

    [Fact]
    public async Task A_pipe_is_refused_and_not_waited_for()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", ""));
        Workplace.Shell("mkfifo pipe", source);

        Assert.Equal("bundle_bad_file", (await place.FailAsync(Workplace.Local(source))).Code);
    }

    [Theory]
    [InlineData("head -c 2000 /dev/zero > big")]
    [InlineData("touch 1 2 3 4 5 6")]
    [InlineData("mkdir -p aaaaaaaaaa/aaaaaaaaaa/aaaaaaaaaa/aaaaaaaaaa")]
    public async Task What_exceeds_a_limit_is_refused(string script)
    {
        using var place = new Workplace(options => (options.MaxBytes, options.MaxFiles, options.MaxPathBytes) = (1000, 6, 40));
        var source = place.Source("source", ("run", ""));
        Workplace.Shell(script, source);

        Assert.Equal("bundle_too_large", (await place.FailAsync(Workplace.Local(source))).Code);
    }

    [Fact]
    public async Task What_the_install_command_made_too_large_is_refused_too()
    {
        using var place = new Workplace(options => options.MaxFiles = 6);
        var source = place.Source("source", ("run", ""));

        Assert.Equal("bundle_too_large", (await place.FailAsync(Workplace.Local(source, "touch 1 2 3 4 5 6"))).Code);
    }

    [Fact]
    public async Task A_full_disk_fails_the_install_with_the_remedy_and_leaves_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk needs root.");
        var disk = Directory.CreateTempSubdirectory("installer-tests-disk-").FullName;
        Workplace.Shell($"mount -t tmpfs -o size=1m tmpfs {disk}");
        try
        {
            using var place = new Workplace(data: disk);
            var source = place.Source("source", ("run", new string('x', 600_000)));

            var error = await place.FailAsync(Workplace.Local(source));

            Assert.Equal("disk_full", error.Code);
            Assert.Contains("Data:Directory", error.Remedy, StringComparison.Ordinal);
        }
        finally
        {
            Workplace.Shell($"umount {disk}; rmdir {disk}");
        }
    }

    [Fact]
    public async Task A_damaged_bundle_is_replaced_by_installing_again()
    {
        using var place = new Workplace();
        var source = place.Source("source", ("run", "content"));
        var (status, _) = await place.SucceedAsync(Workplace.Local(source));
        var bundle = Directory.EnumerateFiles(place.Data.Store, "*.tar", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(bundle, "torn", TestContext.Current.CancellationToken);

        await place.SucceedAsync(Workplace.Local(source));

        Assert.Equal(status.SizeBytes, new FileInfo(bundle).Length);
    }
}
