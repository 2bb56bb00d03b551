using System.Diagnostics;

namespace Platform.Benchmarks.Processes;

/// <summary>A process that does what the lines on its stdin say. It ends when its stdin does, so none outlives this one.</summary>
internal sealed class Contestant : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly Process process;

    private Contestant(Process process) => this.process = process;

    /// <summary>Of the process and of those that it started and saw end.</summary>
    public TimeSpan ProcessorTime => ProcessorTimes.Of(process.Id);

    /// <returns>Ready for commands.</returns>
    /// <param name="variables">Its environment has these too.</param>
    public static async Task<Contestant> StartAsync(IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var contestant = new Contestant(Process.Start(start)!);
        try
        {
            await contestant.ReadAsync("its start", AnswerLimit);
            return contestant;
        }
        catch
        {
            await contestant.DisposeAsync();
            throw;
        }
    }

    /// <param name="limit">Null: the usual one.</param>
    public async Task<string> AskAsync(string command, TimeSpan? limit = null)
    {
        await process.StandardInput.WriteLineAsync(command);
        return await ReadAsync($"'{command}'", limit ?? AnswerLimit);
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(EndLimit);
        await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    private async Task<string> ReadAsync(string answered, TimeSpan limit) =>
        await process.StandardOutput.ReadLineAsync().WaitAsync(limit)
            ?? throw new InvalidOperationException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} ended without an answer to {answered}.");
}
