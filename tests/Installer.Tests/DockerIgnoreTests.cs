using Platform.Installer.Images;

namespace Platform.Installer.Tests;

public sealed class DockerIgnoreTests
{
    [Theory]
    [InlineData("", "a", false)]
    [InlineData("# a\n\n  \na", "a", true)]
    [InlineData("a", "a/b/c", true)]
    [InlineData("a", "b/a", false)]
    [InlineData("/a/", "a", true)]
    [InlineData("./a//b/../c", "a/c", true)]
    [InlineData("*.md", "README.md", true)]
    [InlineData("*.md", "docs/README.md", false)]
    [InlineData("*/*.md", "docs/README.md", true)]
    [InlineData("**/*.md", "README.md", true)]
    [InlineData("**/*.md", "a/b/README.md", true)]
    [InlineData("a/**", "a/b/c", true)]
    [InlineData("a/**", "a", false)]
    [InlineData("a?", "ab", true)]
    [InlineData("a?", "a/", false)]
    [InlineData("a.b", "axb", false)]
    [InlineData("[a-c]x", "bx", true)]
    [InlineData("[^a-c]x", "bx", false)]
    [InlineData("\\*", "*", true)]
    [InlineData("\\*", "a", false)]
    [InlineData("*\n!keep", "keep", false)]
    [InlineData("*\n!keep", "lose", true)]
    [InlineData("*\n!a/keep", "a/keep", false)]
    [InlineData("!a\na", "a", true)]
    [InlineData("a\r\nb\r\n", "b", true)]
    public void The_last_pattern_that_matches_a_path_or_a_folder_above_it_decides(string text, string path, bool ignored) =>
        Assert.Equal(ignored, DockerIgnore.Read(text).Ignores(path));

    [Fact]
    public void What_is_no_pattern_is_named_with_its_line()
    {
        var error = Assert.Throws<InstallFailedException>(() => DockerIgnore.Read("a\n[a-")).Error;
        Assert.Equal("dockerignore_invalid", error.Code);
        Assert.Contains("line 2: '[a-'", error.Message);
    }
}
