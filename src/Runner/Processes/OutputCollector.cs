using System.Text;

namespace Platform.Runner.Processes;

/// <summary>What a command writes, in bounded memory: all of its standard output up to a limit, the end of its standard error. Thread-safe.</summary>
internal sealed class OutputCollector(long maxBytes)
{
    public const int MaxErrorBytes = 16 * 1024;
    private readonly Lock gate = new();
    private readonly MemoryStream output = new();
    private readonly MemoryStream error = new();

    public byte[] Output
    {
        get
        {
            lock (gate)
                return output.ToArray();
        }
    }

    /// <summary>The end of it, from the beginning of a character on.</summary>
    public string Error
    {
        get
        {
            lock (gate)
            {
                var end = error.GetBuffer().AsSpan(0, (int)error.Length);
                end = end[Math.Max(0, end.Length - MaxErrorBytes)..];
                while (error.Length > MaxErrorBytes && end.Length > 0 && (end[0] & 0xC0) == 0x80)
                    end = end[1..];
                return Encoding.UTF8.GetString(end);
            }
        }
    }

    /// <exception cref="RunFaultException"><c>result_too_large</c>.</exception>
    public void Add(ReadOnlySpan<byte> bytes, bool isError)
    {
        lock (gate)
        {
            if (!isError)
            {
                if (output.Length + bytes.Length > maxBytes)
                    throw Faults.ResultTooLarge(maxBytes);
                output.Write(bytes);
                return;
            }

            error.Write(bytes);
            if (error.Length <= 8 * MaxErrorBytes)
                return;
            // One byte more than is shown: by it the beginning is known to be cut.
            var kept = error.GetBuffer().AsSpan((int)error.Length - MaxErrorBytes - 1, MaxErrorBytes + 1).ToArray();
            error.SetLength(0);
            error.Write(kept);
        }
    }
}
