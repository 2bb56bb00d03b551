using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Platform.Tests;

internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>The command line client as a process, the way <c>./platform</c> hands over to it.</summary>
internal static class CommandLine
{
    public static string Program { get; } = Path.Combine(
        Repository.Root, "artifacts", "bin", "Cli", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "platform.dll");

    /// <summary>A command to the platform of all system tests, as its bootstrap admin.</summary>
    public static Task<CommandResult> RunAsync(this PlatformFixture platform, params string[] arguments) =>
        RunAsync(new Dictionary<string, string> { ["PLATFORM_URL"] = platform.GatewayUrl.ToString(), ["PLATFORM_TOKEN"] = platform.Token }, arguments);

    /// <summary>The same, where anything but exit code 0 fails the test.</summary>
    public static async Task<CommandResult> SucceedAsync(this PlatformFixture platform, params string[] arguments)
    {
        var result = await platform.RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"platform {string.Join(' ', arguments)} exited with {result.ExitCode}\n{result.Output}\n{result.Errors}");
        return result;
    }

    /// <summary>The same, of a command with <c>--json</c>, or whose output is JSON anyway.</summary>
    public static async Task<JsonNode> JsonAsync(this PlatformFixture platform, params string[] arguments) =>
        JsonNode.Parse((await platform.SucceedAsync(arguments)).Output)!;

    public static async Task<CommandResult> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Limits.Command);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"platform {string.Join(' ', arguments)} did not end within {Limits.Command.TotalSeconds} s.\n{await output}\n{await errors}");
        }

        return new(process.ExitCode, await output, await errors);
    }

    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["PLATFORM_ROOT"] = Repository.Root;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
