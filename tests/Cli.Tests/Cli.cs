using System.Diagnostics;
using System.Globalization;

namespace Platform.Cli.Tests;

/// <summary>The client as a process of its own, as a shell runs it, with a configuration file of its own.</summary>
internal sealed class Cli : IDisposable
{
    public const string Token = "cpt_for_the_stub";
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);
    private static readonly string Program = Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Cli", new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)).Name, "platform.dll");

    public Cli(string url)
    {
        File.WriteAllText(Config, $$"""{"url":"{{url}}","token":"{{Token}}"}""");
    }

    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("cli-tests-");

    public string Config => Path.Combine(Folder.FullName, "config.json");

    public static async Task<Answer> RunAsync(string url, params string[] args)
    {
        using var cli = new Cli(url);
        return await cli.RunAsync(args);
    }

    public Task<Answer> RunAsync(params string[] args) => RunAsync(null, null, args);

    /// <param name="onLine">Called with each line of standard output as it comes, and the process.</param>
    public Task<Answer> RunAsync(string? input, Action<string, Process>? onLine, params string[] args) =>
        RunAsync(input, onLine, new ProcessStartInfo("dotnet", [Program, .. args]));

    /// <param name="script">For bash; <c>"$@"</c> is the client with its arguments.</param>
    public Task<Answer> RunInShellAsync(string script, params string[] args) =>
        RunAsync(null, null, new ProcessStartInfo("bash", ["-c", script, "bash", "dotnet", Program, .. args]));

    private async Task<Answer> RunAsync(string? input, Action<string, Process>? onLine, ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.WorkingDirectory = Folder.FullName;
        start.Environment["PLATFORM_CONFIG"] = Config;
        start.Environment["PLATFORM_ROOT"] = Folder.FullName;
        start.Environment.Remove("PLATFORM_URL");
        start.Environment.Remove("PLATFORM_TOKEN");
        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(EndsWithin);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            var output = new List<string>();
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                output.Add(line);
                onLine?.Invoke(line, process);
            }

            await process.WaitForExitAsync(deadline.Token);
            return new Answer(process.ExitCode, string.Join('\n', output), (await errors).TrimEnd('\n'));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)])!;
        kill.WaitForExit();
    }

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Folder.Delete(recursive: true);
}

internal sealed record Answer(int ExitCode, string Output, string Errors);
