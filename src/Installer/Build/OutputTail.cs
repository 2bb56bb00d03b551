using System.Text;

namespace Platform.Installer.Build;

/// <summary>
/// The end of a command's output, at most so many bytes of UTF-8. The two streams come through two pipes, so a flood on one may
/// arrive after the last words on the other: the fuller stream gives way.
/// </summary>
internal sealed class OutputTail(int maxBytes = 8 * 1024)
{
    private readonly Lock _lock = new();
    private readonly Part _stdout = new(), _stderr = new();
    private long _seq;

    public void Add(string stream, string line)
    {
        lock (_lock)
        {
            (stream == "stderr" ? _stderr : _stdout).Add(++_seq, line);
            while (_stdout.Bytes + _stderr.Bytes > maxBytes && _stdout.Count + _stderr.Count > 1)
            {
                var fuller = _stdout.Count > 0 && (_stdout.Bytes >= _stderr.Bytes || _stderr.Count == 0) ? _stdout : _stderr;
                fuller.DropFirst();
            }
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            var text = string.Join('\n', _stdout.Lines.Concat(_stderr.Lines).OrderBy(line => line.Seq).Select(line => line.Text));
            var bytes = Encoding.UTF8.GetBytes(text);
            if (bytes.Length <= maxBytes) return text;
            // A single line longer than all: cut at a character.
            var start = bytes.Length - maxBytes;
            while ((bytes[start] & 0xc0) == 0x80) start++;
            return Encoding.UTF8.GetString(bytes[start..]);
        }
    }

    private sealed class Part
    {
        private readonly Queue<(long Seq, string Text)> _lines = new();

        public int Bytes { get; private set; }
        public int Count => _lines.Count;
        public IEnumerable<(long Seq, string Text)> Lines => _lines;

        public void Add(long seq, string line)
        {
            _lines.Enqueue((seq, line));
            Bytes += Size(line);
        }

        public void DropFirst() => Bytes -= Size(_lines.Dequeue().Text);

        private static int Size(string line) => Encoding.UTF8.GetByteCount(line) + 1;
    }
}
