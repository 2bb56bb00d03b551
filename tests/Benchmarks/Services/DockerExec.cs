using System.Diagnostics;

namespace Platform.Benchmarks.Services;

/// <summary>The container engine's own client, as a person would use it by hand.</summary>
/// <param name="socket">Of the engine that the platform uses; null: the client's own choice.</param>
internal sealed class DockerExec(string? socket)
{
    public static string ClientVersion() => new DockerExec(null).Run("--version").Output.Trim();

    /// <summary>Empty: there is no engine.</summary>
    public string Version() => Run("version", "--format", "{{.Server.Version}}").Output.Trim();

    /// <summary>The running container of this image.</summary>
    public string Container(string image) => Run("ps", "--no-trunc", "--quiet", "--filter", $"ancestor={image}") is { ExitCode: 0, Output: var output } && output.Trim() is { Length: > 0 } id
        ? id.Split('\n')[0] : throw new InvalidOperationException($"No container of {image} runs.");

    public void Call(string container, IReadOnlyList<string> words, string expected)
    {
        var (code, output) = Run(["exec", container, .. words]);
        if (code != 0 || output.Trim() != expected)
            throw new InvalidOperationException($"docker exec ended with {code}: {output}");
    }

    public (int ExitCode, string Output) Run(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("docker", socket is null ? arguments : ["--host", $"unix://{socket}", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (127, "");
        }
    }
}
