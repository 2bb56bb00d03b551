using System.Diagnostics;
using Platform.Connectors.Files;

namespace Platform.Connectors.Tests;

public sealed class FileTreeTests : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("file-tree-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Only_regular_files_are_listed_in_the_byte_order_of_their_paths()
    {
        foreach (var path in new[] { "a/b", "a-b", "Z", "ü", "😀" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, path))!);
            File.WriteAllText(Path.Combine(root, path), path);
        }

        File.CreateSymbolicLink(Path.Combine(root, "link"), "Z");
        File.CreateSymbolicLink(Path.Combine(root, "folder-link"), "a");
        using (var mkfifo = Process.Start("mkfifo", [Path.Combine(root, "pipe")]))
            mkfifo.WaitForExit();

        Assert.Equal(["Z", "a-b", "a/b", "ü", "😀"], FileTree.RelativePaths(root));
    }

    [Fact]
    public void A_connector_started_by_hand_says_what_it_is_and_exits_with_1()
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "files.dll")]) { RedirectStandardError = true })!;
        var words = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("This is a connector", words);
    }
}
