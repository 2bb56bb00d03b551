using System.Text;

namespace Platform.Installer.Build;

/// <summary>The end of a command's output, at most so many bytes of UTF-8, cut at a line or at least at a character.</summary>
internal sealed class OutputTail(int maxBytes = 8 * 1024)
{
    private readonly Queue<string> _lines = new();
    private int _bytes;

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue(line);
            _bytes += Size(line);
            while (_bytes > maxBytes && _lines.Count > 1) _bytes -= Size(_lines.Dequeue());
        }
    }

    public override string ToString()
    {
        lock (_lines)
        {
            var text = string.Join('\n', _lines);
            var bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length <= maxBytes) return text;
            var start = bytes.Length - maxBytes;
            while ((bytes[start] & 0xc0) == 0x80) start++;
            return Encoding.UTF8.GetString(bytes[start..]);
        }
    }

    private static int Size(string line) => Encoding.UTF8.GetByteCount(line) + 1;
}
