namespace Platform.Cli;

/// <summary>What the process answers to a shell. Stable: docs/cli.md lists them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The run, the install, the action or the demonstration ended without success, or a check did not pass.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>Of <c>oms check</c> alone, where <see cref="Failed"/> means that there are warnings.</summary>
    public const int NothingUsable = 2;

    /// <summary>The API answered with a problem, or an action refused its arguments.</summary>
    public const int Problem = 3;

    public const int NotReachable = 4;

    /// <summary>No token, or one that the gateway does not accept.</summary>
    public const int NotAuthenticated = 5;

    /// <summary><c>up</c>: a platform runs already, or its port is taken.</summary>
    public const int AlreadyRunning = 6;

    /// <summary>The run, the install or the action was cancelled.</summary>
    public const int Cancelled = 7;

    /// <summary>The action failed, and the same again may succeed.</summary>
    public const int Transient = 9;

    /// <summary>The action took too long; whether it had an effect is not known.</summary>
    public const int TimedOut = 10;

    /// <summary>What became of the action is not known.</summary>
    public const int Lost = 11;

    /// <summary>The action has not ended yet.</summary>
    public const int Underway = 12;

    public const int Interrupted = 130;

    /// <summary>Who read standard output has enough: as of a program that SIGPIPE ends.</summary>
    public const int ClosedPipe = 141;
}

/// <summary>Ends a command with a message for its user.</summary>
/// <param name="code">Stable, snake_case.</param>
internal sealed class CliException(int exitCode, string code, string message, string? remedy = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public string Code { get; } = code;

    public string? Remedy { get; } = remedy;
}
