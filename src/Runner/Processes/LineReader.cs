namespace Platform.Runner.Processes;

/// <summary>Reads lines from a pipe until its end, in bounded memory.</summary>
internal static class LineReader
{
    public const int MaxLineBytes = 64 * 1024;

    /// <param name="maxLineBytes">What a line has beyond it is dropped.</param>
    /// <param name="onLine">Gets each line without its line end, and whether it was cut.</param>
    public static async Task ReadAsync(Stream stream, int maxLineBytes, Action<string, bool> onLine)
    {
        var buffer = new byte[16 * 1024];
        var lines = new LineAssembler(maxLineBytes, onLine);
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
                lines.Add(buffer.AsSpan(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under us: the process is gone.
        }

        lines.End();
    }
}
