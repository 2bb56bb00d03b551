namespace Platform.Runner.Processes;

/// <summary>What came of a command, wherever it ran.</summary>
/// <param name="ExitCode">128 and the signal's number where one ended it; 126 and 127 as a shell's: not executable, not found.</param>
/// <param name="Output">Whole, its bytes untouched.</param>
/// <param name="Error">The end of it, at most 16 KiB, as UTF-8.</param>
internal sealed record CommandOutcome(int ExitCode, byte[] Output, string Error);
