using System.Text;

namespace Platform.Runner.Processes;

/// <summary>Reads lines from a pipe until its end, in bounded memory: what a line has beyond the limit is dropped.</summary>
internal static class LineReader
{
    public const int MaxLineBytes = 64 * 1024;

    /// <param name="onLine">Gets each line without its line end, and whether it was cut.</param>
    public static async Task ReadAsync(Stream stream, int maxLineBytes, Action<string, bool> onLine)
    {
        var buffer = new byte[16 * 1024];
        var line = new byte[maxLineBytes];
        var length = 0;
        var cut = false;
        try
        {
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
            {
                for (var rest = buffer.AsMemory(0, read); !rest.IsEmpty;)
                {
                    var end = rest.Span.IndexOf((byte)'\n');
                    var piece = end < 0 ? rest : rest[..end];
                    var fits = Math.Min(piece.Length, maxLineBytes - length);
                    piece[..fits].CopyTo(line.AsMemory(length));
                    length += fits;
                    cut |= fits < piece.Length;
                    rest = end < 0 ? default : rest[(end + 1)..];
                    if (end >= 0)
                        Emit();
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under us: the process is gone.
        }

        if (length > 0)
            Emit();

        void Emit()
        {
            onLine(Encoding.UTF8.GetString(line, 0, length).TrimEnd('\r'), cut);
            length = 0;
            cut = false;
        }
    }
}
