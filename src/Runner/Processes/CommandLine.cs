namespace Platform.Runner.Processes;

/// <summary>Turns a manifest's command into an argv: directly where it is plain words, through a shell only where it needs one.</summary>
internal static class CommandLine
{
    private const string Compound = "|&;()`{}\n";
    private const string NeedsShell = Compound + "<>$\\\"'*?[]";

    public static IReadOnlyList<string> ToArgv(string command)
    {
        command = command.Trim();
        var words = command.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        // NAME=value before the command is a shell's business too.
        var assigns = words.Length > 0 && words[0].Contains('=');
        if (!assigns && !command.AsSpan().ContainsAny(NeedsShell) && !words.Any(w => w[0] is '~' or '#'))
            return words;

        // exec keeps the process tree flat, but only in front of one simple command.
        return ["/bin/sh", "-c", assigns || command.AsSpan().ContainsAny(Compound) ? command : "exec " + command];
    }
}
