using System.Diagnostics;

[assembly: AssemblyFixture(typeof(Platform.Runner.Tests.ScriptedConnectors))]

namespace Platform.Runner.Tests;

/// <summary>
/// Scripted/connector.py, a connector of the platform's own protocol that says what its options tell it to: from another language, without a
/// plugin library, and with every mistake. Made ready once per test run, away from the source tree.
/// </summary>
public sealed class ScriptedConnectors : IAsyncLifetime
{
    public const string Command = "python3 connector.py";

    private static readonly TimeSpan BuildTimeout = TimeSpan.FromMinutes(1);
    private readonly string root = Directory.CreateTempSubdirectory("runner-py-").FullName;
    private readonly Lazy<string> folder;

    public ScriptedConnectors() => folder = new(Build);

    public string Folder => folder.Value;

    /// <param name="specification">What it answers to Specify, as JSON.</param>
    /// <returns>The command that starts it.</returns>
    public string With(string specification)
    {
        var name = $"{Guid.NewGuid():N}.json";
        File.WriteAllText(Path.Combine(Folder, name), specification);
        return $"{Command} {name}";
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        Directory.Delete(root, recursive: true);
        return ValueTask.CompletedTask;
    }

    private string Build()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/grpc") || !File.Exists("/usr/bin/protoc"))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
                Assert.Fail("Python with grpc is needed: python3-grpcio, python3-protobuf, protobuf-compiler.");
            Assert.Skip("The Debian packages python3-grpcio, python3-protobuf and protobuf-compiler are not installed.");
        }

        var repository = RepositoryFolderAttribute.Value;
        File.Copy(Path.Combine(repository, "tests/Runner.Tests/Scripted/connector.py"), Path.Combine(root, "connector.py"));
        using var build = Process.Start(new ProcessStartInfo("/usr/bin/protoc", [$"--python_out={root}", $"-I{repository}/protos", "connector.proto"]) { RedirectStandardError = true })!;
        var errors = build.StandardError.ReadToEnd();
        Assert.True(build.WaitForExit(BuildTimeout) && build.ExitCode == 0, $"connector.proto does not compile: {errors}");
        return root;
    }
}
