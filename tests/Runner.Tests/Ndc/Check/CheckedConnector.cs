using System.Diagnostics;
using Platform.Runner.Tests.Ndc.Check;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(CheckedConnector))]

namespace Platform.Runner.Tests.Ndc.Check;

/// <summary>The connector that follows the specifications in all but what it is told to break, as images that share their one layer.</summary>
public sealed class CheckedConnector : IAsyncLifetime
{
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);
    private readonly string root = Directory.CreateTempSubdirectory("checked-").FullName;
    private readonly Lazy<bool> built;

    public CheckedConnector() => built = new(Build);

    /// <summary>With a configuration that it reads.</summary>
    public string Configuration { get; } = Directory.CreateTempSubdirectory("checked-configuration-").FullName;

    /// <param name="breaks">Null: nothing.</param>
    /// <param name="changes">Of the image, besides; a later one wins.</param>
    /// <returns>The id of the image.</returns>
    public string ImageIn(ContainerEngineFixture engine, string? breaks, params string[] changes)
    {
        Assert.True(built.Value);
        return engine.Import(root, ["""ENTRYPOINT ["/connector"]""", """CMD ["serve"]""", .. breaks is null ? (string[])[] : [$"ENV BREAK={breaks}"], .. changes]);
    }

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(Path.Combine(Configuration, "configuration.json"), """{"things":2}""");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        Directory.Delete(Configuration, recursive: true);
        return ValueTask.CompletedTask;
    }

    private bool Build()
    {
        if (!File.Exists("/usr/bin/go"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("Go is needed: golang-go.");
            Assert.Skip("The Debian package golang-go is not installed.");
        }

        var start = new ProcessStartInfo("go", ["build", "-ldflags", "-s -w", "-o", Path.Combine(root, "connector"), "main.go"])
        {
            WorkingDirectory = Path.Combine(RepositoryFolderAttribute.Value, "tests", "Runner.Tests", "Ndc", "Check", "Image"),
            RedirectStandardError = true,
        };
        (start.Environment["GO111MODULE"], start.Environment["CGO_ENABLED"]) = ("off", "0");
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEnd();
        Assert.True(build.WaitForExit(BuildTimeout) && build.ExitCode == 0, $"The connector does not build: {errors}");
        return true;
    }
}
