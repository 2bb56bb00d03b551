using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace Platform.Runner.Tests;

[AttributeUsage(AttributeTargets.Assembly)]
public sealed class RepositoryFolderAttribute(string path) : Attribute
{
    public string Path => path.TrimEnd('/');

    public static string Value => Assembly.GetExecutingAssembly().GetCustomAttribute<RepositoryFolderAttribute>()!.Path;
}

/// <summary>The Go connectors, built once per test run by their own install commands, away from the source tree.</summary>
public sealed class GoConnectors : IAsyncLifetime
{
    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(5);
    private readonly string root = Directory.CreateTempSubdirectory("runner-go-").FullName;
    private readonly Lazy<string> files;
    private readonly Lazy<string> crash;

    public GoConnectors()
    {
        files = new(() => Build("files-go"));
        crash = new(() => Build("crash-go"));
    }

    /// <summary>Folder of the built connector that lists files.</summary>
    public string Files => files.Value;

    /// <summary>Folder of the built connector that misbehaves.</summary>
    public string Crash => crash.Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string Build(string name)
    {
        if (!File.Exists("/usr/bin/go") || !Directory.Exists("/usr/share/gocode/src/google.golang.org/grpc"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("Go with go-plugin and grpc is needed: golang-go, golang-github-hashicorp-go-plugin-dev, golang-google-grpc-dev.");
            Assert.Skip("The Debian packages golang-go, golang-github-hashicorp-go-plugin-dev and golang-google-grpc-dev are not installed.");
        }

        var target = Path.Combine(root, name);
        Directory.CreateDirectory(target);
        var source = Path.Combine(RepositoryFolderAttribute.Value, "connectors", name);
        foreach (var file in Directory.EnumerateFiles(source).Where(f => Path.GetExtension(f) is ".go" or ".proto" or ".json" && !f.EndsWith(".pb.go", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "manifest.json")));
        using var build = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", manifest.RootElement.GetProperty("install_command").GetString()!])
        {
            WorkingDirectory = target,
            RedirectStandardError = true,
        })!;
        var errors = build.StandardError.ReadToEnd();
        Assert.True(build.WaitForExit(BuildTimeout) && build.ExitCode == 0, $"{name} does not build: {errors}");
        return target;
    }
}
