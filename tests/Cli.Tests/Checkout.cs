namespace Platform.Cli.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Checkout
{
    public static string Folder { get; } = Find();

    /// <summary><c>./platform</c></summary>
    public static string Script => Path.Combine(Folder, "platform");

    /// <summary>For what Debian brings: missing, it fails where CI is true and skips elsewhere.</summary>
    public static void Require(string sign, string package)
    {
        var found = Path.Exists(sign);
        if (!found && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"{sign} is missing: install Debian's {package}.");
        Assert.SkipUnless(found, $"{sign} is missing: install Debian's {package}.");
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run from a build inside the checkout.");
        return folder.FullName;
    }
}
