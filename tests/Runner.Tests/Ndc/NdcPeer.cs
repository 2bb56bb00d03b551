using System.Diagnostics;
using Platform.Runner.Tests.Ndc;
using Platform.Servers;

[assembly: AssemblyFixture(typeof(NdcPeer))]

namespace Platform.Runner.Tests.Ndc;

/// <summary>The packaged connector that does as it is told, built once per test run as an image that has nothing else in it.</summary>
public sealed class NdcPeer : IAsyncLifetime
{
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);
    private readonly string root = Directory.CreateTempSubdirectory("ndc-peer-").FullName;
    private readonly Lock gate = new();
    private readonly Dictionary<string, string> images = [];

    /// <param name="changes">As of <see cref="ContainerEngineFixture.Import"/>, besides the entrypoint and the command.</param>
    /// <returns>The id of the image.</returns>
    public string ImageIn(ContainerEngineFixture engine, params string[] changes)
    {
        lock (gate)
        {
            if (images.Count == 0)
                Build();
            return images.GetValueOrDefault(string.Join('\n', changes))
                ?? (images[string.Join('\n', changes)] = engine.Import(root, ["""ENTRYPOINT ["/peer"]""", """CMD ["serve"]""", .. changes]));
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void Build()
    {
        if (!File.Exists("/usr/bin/go"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("Go is needed: golang-go.");
            Assert.Skip("The Debian package golang-go is not installed.");
        }

        var start = new ProcessStartInfo("go", ["build", "-ldflags", "-s -w", "-o", Path.Combine(root, "peer"), "main.go"])
        {
            WorkingDirectory = Path.Combine(RepositoryFolderAttribute.Value, "tests", "Runner.Tests", "Ndc", "Peer"),
            RedirectStandardError = true,
        };
        (start.Environment["GO111MODULE"], start.Environment["CGO_ENABLED"]) = ("off", "0");
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEnd();
        Assert.True(build.WaitForExit(BuildTimeout) && build.ExitCode == 0, $"The connector does not build: {errors}");
    }
}
