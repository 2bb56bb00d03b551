using System.Diagnostics;

namespace Platform.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Connector(string name) => Path.Combine(Root, "connectors", name);

    /// <summary>Skips the test where a tool is missing; fails it in CI.</summary>
    public static void Require(string tool, string package)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin").Any(folder => File.Exists(Path.Combine(folder, tool)));
        if (!found && Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"{tool} is missing: install Debian's {package}.");
        Assert.SkipUnless(found, $"{tool} is missing: install Debian's {package}.");
    }

    /// <summary>Publishes a C# connector as <c>./platform</c> does, and gives the folder.</summary>
    public static async Task<string> PublishConnectorAsync(string connector, string target)
    {
        using var publish = Process.Start(new ProcessStartInfo("dotnet",
            ["publish", Path.Combine(Connector(connector), $"{connector}.csproj"), "-c", "Release", "-o", target, "-v", "q", "--nologo", "--disable-build-servers"])
        { RedirectStandardOutput = true })!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? target : throw new InvalidOperationException("dotnet publish failed:\n" + output);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Platform.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests run from a build inside the checkout; no Platform.sln above " + AppContext.BaseDirectory);
    }
}
