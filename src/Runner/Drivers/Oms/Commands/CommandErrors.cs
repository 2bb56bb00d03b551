using Platform.Runner.Processes;

namespace Platform.Runner.Drivers.Oms.Commands;

/// <summary>What an exit code says of a command.</summary>
internal static class CommandErrors
{
    private const int Killed = 128 + 9;
    private const int Terminated = 128 + 15;

    /// <param name="program">The command's first word.</param>
    public static ActionError Of(string program, CommandOutcome outcome)
    {
        var error = outcome.ExitCode switch
        {
            1 => Failed("command_failed", "The command failed, and says that it would fail again (exit code 1)."),
            2 => Failed("command_failed", "The command failed, and asks to be run again (exit code 2).") with { Retryable = true, AsksAgain = true },
            126 => Failed("command_not_executable", $"The action's command {program} is there but can't be executed (exit code 126): correct the service or its description."),
            127 => Failed("command_not_found", $"The action's command {program} is not in the service (exit code 127): correct the service or its description."),
            // It did not come so far as to say anything itself; whether it had an effect nobody knows, so only who may repeats it.
            Killed or Terminated => Failed("command_killed", $"The command was killed by signal {outcome.ExitCode - 128}; it may have used more memory than its limit.") with { Retryable = true },
            > 128 and < 160 => Failed("command_failed", $"The command was ended by signal {outcome.ExitCode - 128} (exit code {outcome.ExitCode})."),
            _ => Failed("command_failed", $"The command failed with exit code {outcome.ExitCode}."),
        };
        return error with { Detail = outcome.Error.Trim() is { Length: > 0 } words ? words : null };
    }

    public static RunFaultException ArgumentsTooLarge(int limit) => new(new("arguments_too_large",
        $"The arguments are more than a command can take: {limit} bytes as JSON.", "Give less, or have the action use another interface."));

    private static ActionError Failed(string code, string message) => new(code, message, Retryable: false, Violations: []);
}
