using System.Diagnostics;

namespace Platform.Benchmarks.Services;

/// <summary>The container engine's own client, as a person would use it by hand.</summary>
internal static class DockerExec
{
    /// <summary>Empty: there is no engine.</summary>
    public static string Version() => Run("version", "--format", "{{.Server.Version}}").Output.Trim();

    /// <summary>The running container of this image.</summary>
    public static string Container(string image) => Run("ps", "--no-trunc", "--quiet", "--filter", $"ancestor={image}") is { ExitCode: 0, Output: var output } && output.Trim() is { Length: > 0 } id
        ? id.Split('\n')[0] : throw new InvalidOperationException($"No container of {image} runs.");

    public static void Call(string container, IReadOnlyList<string> words, string expected)
    {
        var (code, output) = Run(["exec", container, .. words]);
        if (code != 0 || output.Trim() != expected)
            throw new InvalidOperationException($"docker exec ended with {code}: {output}");
    }

    public static (int ExitCode, string Output) Run(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
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
