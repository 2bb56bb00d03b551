using System.Diagnostics;

namespace Platform.Tests;

internal sealed record CommandResult(int ExitCode, string Output, string Errors);

/// <summary>The command line client as a process, the way <c>./platform</c> hands over to it.</summary>
internal static class CommandLine
{
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
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Repository.Root, "artifacts", "bin", "Cli", configuration, "platform.dll"), .. arguments])
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
