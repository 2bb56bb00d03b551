using System.Diagnostics;
using Platform.Runner.Tests.Oms.Servers;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(ContainerEngineFixture))]
[assembly: AssemblyFixture(typeof(OmsPrograms))]

namespace Platform.Runner.Tests.Oms.Servers;

/// <summary>The service that does as it is told, built once per test run: as a folder, and as an image that has nothing else in it.</summary>
public sealed class OmsPrograms : IAsyncLifetime
{
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);
    private readonly string root = Directory.CreateTempSubdirectory("oms-service-").FullName;
    private readonly Lock gate = new();
    private readonly Lazy<string> folder;
    private string? image;

    public OmsPrograms() => folder = new(Build);

    /// <summary>With <c>service</c>, and <c>notes</c>, which can't be executed.</summary>
    public string Folder => folder.Value;

    /// <summary>The id of the image, with the same two in its root.</summary>
    public string ImageIn(ContainerEngineFixture engine)
    {
        lock (gate)
            return image ??= engine.Import(folder.Value);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string Build()
    {
        if (!File.Exists("/usr/bin/go"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("Go is needed: golang-go.");
            Assert.Skip("The Debian package golang-go is not installed.");
        }

        File.WriteAllText(Path.Combine(root, "notes"), "no program");
        var start = new ProcessStartInfo("go", ["build", "-ldflags", "-s -w", "-o", Path.Combine(root, "service"), "main.go"])
        {
            WorkingDirectory = Path.Combine(RepositoryFolderAttribute.Value, "tests", "Runner.Tests", "Oms", "Service"),
            RedirectStandardError = true,
        };
        (start.Environment["GO111MODULE"], start.Environment["CGO_ENABLED"]) = ("off", "0");
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEnd();
        Assert.True(build.WaitForExit(BuildTimeout) && build.ExitCode == 0, $"The service does not build: {errors}");
        return root;
    }
}
