namespace Platform.Cli;

/// <summary>What the process answers to a shell. Stable: docs/cli.md lists them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The run, the install or the demonstration ended without success.</summary>
    public const int Failed = 1;

    public const int Usage = 2;

    /// <summary>The API answered with a problem.</summary>
    public const int Problem = 3;

    public const int NotReachable = 4;

    /// <summary>No token, or one that the gateway does not accept.</summary>
    public const int NotAuthenticated = 5;

    /// <summary><c>up</c>: a platform runs already, or its port is taken.</summary>
    public const int AlreadyRunning = 6;

    /// <summary>The run was cancelled.</summary>
    public const int Cancelled = 7;

    public const int Interrupted = 130;
}

/// <summary>Ends a command with a message for its user.</summary>
/// <param name="code">Stable, snake_case.</param>
internal sealed class CliException(int exitCode, string code, string message, string? remedy = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public string Code { get; } = code;

    public string? Remedy { get; } = remedy;
}
