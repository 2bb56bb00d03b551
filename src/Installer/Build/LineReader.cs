using System.Text;

namespace Platform.Installer.Build;

/// <summary>Splits a stream of bytes into lines; one without an end comes in pieces, so that memory stays bounded.</summary>
internal static class LineReader
{
    public const int MaxLineBytes = 8 * 1024;

    public static async Task ReadAsync(Stream stream, Action<string> onLine)
    {
        var buffer = new byte[MaxLineBytes];
        var filled = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer.AsMemory(filled))) > 0)
        {
            filled += read;
            var start = 0;
            for (int end; (end = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0; start += end + 1)
                onLine(Text(buffer.AsSpan(start, end)));
            if (start == 0 && filled == buffer.Length)
            {
                onLine(Text(buffer));
                filled = 0;
                continue;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }
        if (filled > 0) onLine(Text(buffer.AsSpan(0, filled)));
    }

    /// <summary>Invalid UTF-8 and NUL become the replacement character; a carriage return at the end goes.</summary>
    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line.TrimEnd((byte)'\r')).Replace('\0', '\ufffd');
}
