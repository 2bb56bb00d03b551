using System.Text;

namespace Platform.Runner.Processes;

/// <summary>Makes lines of pieces that don't end where lines do, in bounded memory: what a line has beyond the limit is dropped.</summary>
/// <param name="onLine">Gets each line without its line end, and whether it was cut.</param>
internal sealed class LineAssembler(int maxLineBytes, Action<string, bool> onLine)
{
    // Pieces are bytes until a line is whole: a character may begin in one and end in the next.
    private readonly byte[] line = new byte[maxLineBytes];
    private int length;
    private bool cut;

    public void Add(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..end];
            var fits = Math.Min(part.Length, maxLineBytes - length);
            part[..fits].CopyTo(line.AsSpan(length));
            length += fits;
            cut |= fits < part.Length;
            piece = end < 0 ? default : piece[(end + 1)..];
            if (end >= 0)
                Emit();
        }
    }

    /// <summary>The stream has ended; a last line may lack its line end.</summary>
    public void End()
    {
        if (length > 0)
            Emit();
    }

    private void Emit()
    {
        onLine(Encoding.UTF8.GetString(line, 0, length).TrimEnd('\r'), cut);
        length = 0;
        cut = false;
    }
}
