using System.Diagnostics;
using Platform.Runner.Bundles;

namespace Platform.Runner.Tests;

/// <summary>What the check before a start sees.</summary>
public sealed class BundleTreeTests : IDisposable
{
    private readonly string bundle = Directory.CreateTempSubdirectory("bundle-tree-").FullName;

    public BundleTreeTests()
    {
        Shell("mkdir -p files/lib/deep files/empty; echo content > files/run; chmod +x files/run; echo größe > files/lib/größe; echo deep > files/lib/deep/c; ln -s run files/link");
        BundleTree.Record(bundle);
    }

    [Fact]
    public void Reading_and_running_change_nothing()
    {
        Shell("cat files/run files/lib/deep/c files/link; ls -R files; cp -r files elsewhere; mv elsewhere ../bundle-tree-away-$$; rm -r ../bundle-tree-away-$$");

        Assert.True(BundleTree.Matches(bundle));
    }

    [Fact]
    public void A_moved_bundle_is_still_the_same()
    {
        var moved = bundle + "-moved";
        Directory.Move(bundle, moved);
        Assert.True(BundleTree.Matches(moved));
        Directory.Move(moved, bundle);
    }

    [Theory]
    [InlineData("echo CONTENT > files/run")]
    [InlineData("cp -p files/run r; echo CONTENT > files/run; touch -r r files/run")]
    [InlineData("cp -p files/run r; mv r files/run")]
    [InlineData("truncate -s 3 files/lib/deep/c")]
    [InlineData("chmod -x files/run")]
    [InlineData("touch files/lib/deep/new")]
    [InlineData("mkdir files/new")]
    [InlineData("touch files/empty/new")]
    [InlineData("touch files/x; rm files/x")]
    [InlineData("rm files/lib/deep/c")]
    [InlineData("rmdir files/empty")]
    [InlineData("rm -r files")]
    [InlineData("mv files/run files/run2")]
    [InlineData("mv files/run x; mv files/lib/größe files/run; mv x files/lib/größe")]
    [InlineData("ln -sf lib files/link")]
    [InlineData("rm files/link; cp files/run files/link")]
    [InlineData("rm tree")]
    [InlineData("truncate -s 0 tree")]
    [InlineData("truncate -s 20 tree")]
    [InlineData("truncate -s -1 tree")]
    [InlineData("truncate -s -30 tree")]
    [InlineData("printf '12 34 56.000000000 run\\n' > tree")]
    public void Whatever_is_changed_is_seen(string change)
    {
        Assert.True(BundleTree.Matches(bundle));

        Shell(change);

        Assert.False(BundleTree.Matches(bundle));
    }

    [Fact]
    public void The_bytes_of_all_files_are_known_without_looking_at_them() =>
        Assert.True(BundleTree.Bytes(bundle) >= "content\ngröße\ndeep\n".Length && BundleTree.Bytes(bundle + "-absent") == 0);

    public void Dispose() => Directory.Delete(bundle, recursive: true);

    private void Shell(string script)
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-ec", script]) { WorkingDirectory = bundle, RedirectStandardOutput = true })!;
        _ = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
