namespace Platform.Cli;

/// <summary>Standard input that Ctrl-C interrupts: the console's own reader ignores the token that it is given.</summary>
internal static class StandardInput
{
    public static Task<string> ReadToEndAsync(CancellationToken cancel) => Task.Run(Console.In.ReadToEnd, cancel).WaitAsync(cancel);

    /// <returns>Null: it has ended.</returns>
    public static Task<string?> ReadLineAsync(CancellationToken cancel) => Task.Run(Console.In.ReadLine, cancel).WaitAsync(cancel);
}
