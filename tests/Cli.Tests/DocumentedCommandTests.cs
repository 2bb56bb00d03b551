using System.Diagnostics;
using Platform.Documents;

namespace Platform.Cli.Tests;

/// <summary>What the README and docs tell to type: a renamed option fails here, whatever the page.</summary>
public sealed class DocumentedCommandTests
{
    private static readonly TimeSpan SplitsWithin = TimeSpan.FromSeconds(20);

    public static TheoryData<string> Commands =>
        [.. DocumentedCommand.All(Checkout.Folder).Where(command => command.Text.Contains("./platform ", StringComparison.Ordinal)).Select(command => command.ToString())];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_documented_command_is_one(string command)
    {
        var words = await WordsAsync(command[(command.IndexOf(": ", StringComparison.Ordinal) + 2)..]);

        var parsed = CommandLine.Tree().Parse(words);

        Assert.Empty(parsed.Errors.Select(error => error.Message));
        // With nothing to do it would print its help.
        Assert.NotNull(parsed.CommandResult.Command.Action);
    }

    // The shell splits it, so that quotes, comments and redirections count as they do when it is typed.
    private static async Task<string[]> WordsAsync(string command)
    {
        var folder = Directory.CreateTempSubdirectory("documented-");
        try
        {
            var words = Path.Combine(folder.FullName, "words");
            var script = Path.Combine(folder.FullName, "platform");
            await File.WriteAllTextAsync(script, $"#!/bin/sh\nprintf '%s\\0' \"$@\" > '{words}'\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var input in (string[])["token.txt", "query.json"]) await File.WriteAllTextAsync(Path.Combine(folder.FullName, input), "");
            foreach (var output in (string[])[".zfunc", ".config/fish/completions", ".local/share/bash-completion/completions"]) folder.CreateSubdirectory(output);
            using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { WorkingDirectory = folder.FullName, Environment = { ["HOME"] = folder.FullName } })!;
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(SplitsWithin);
            return (await File.ReadAllTextAsync(words)).Split('\0')[..^1];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
