using System.Text;
using System.Text.Json;
using Platform.ServiceDefaults;

namespace Platform.Installer.Installs;

/// <param name="Seq">From 1 on, in the order of the install; gaps are lines that were not kept.</param>
/// <param name="Stream">stdout, stderr, or system for the Installer's own words.</param>
internal sealed record LogLine(long Seq, string Stream, string Text, DateTimeOffset At);

/// <summary>
/// The log of one running install: at most 1 MiB of it is kept, the first and the last half. The first half is on the disk as it
/// comes, the last when the install ends; whoever listens in gets every line that is still in memory.
/// </summary>
internal sealed class InstallLog : IDisposable
{
    public const int KeptBytes = 1024 * 1024;
    private const int LineOverhead = 80;
    private readonly Lock _lock = new();
    private readonly List<LogLine> _head = [];
    private readonly Queue<LogLine> _tail = new();
    private readonly FileStream _file;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _headBytes, _tailBytes;
    private long _seq;
    private bool _ended, _fileFailed;

    /// <summary>Goes on after what an earlier attempt left, as its words tell where it broke off.</summary>
    public InstallLog(string path)
    {
        var before = Read(path);
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        foreach (var line in before) Keep(line);
    }

    /// <summary>The Installer's own words.</summary>
    public void Note(string text) => Add("system", text);

    public void Add(string stream, string text)
    {
        lock (_lock)
        {
            if (_ended) return;
            Keep(new LogLine(_seq + 1, stream, text, DateTimeOffset.UtcNow));
            Pulse();
        }
    }

    /// <summary>Lines after the given one, whether more can come, and what to wait for if so.</summary>
    public (IReadOnlyList<LogLine> Lines, bool Ended, Task Changed) After(long seq)
    {
        lock (_lock) return ([.. _head.Concat(_tail).Where(line => line.Seq > seq)], _ended, _changed.Task);
    }

    /// <summary>Writes the last half; the file holds the whole of what is kept then.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
            foreach (var line in _tail) Write(line);
            _file.Dispose();
            Pulse();
        }
    }

    /// <summary>What is kept of an install that doesn't run now.</summary>
    public static IReadOnlyList<LogLine> Read(string path)
    {
        if (!File.Exists(path)) return [];
        var lines = new List<LogLine>();
        foreach (var text in File.ReadLines(path))
        {
            // After a crash the last line may be torn.
            try { lines.Add(JsonSerializer.Deserialize<LogLine>(text, PlatformJson.Options)!); }
            catch (JsonException) { break; }
        }
        return lines;
    }

    private void Keep(LogLine line)
    {
        _seq = line.Seq;
        var size = Size(line);
        if (_headBytes + size <= KeptBytes / 2 && _tail.Count == 0)
        {
            _head.Add(line);
            _headBytes += size;
            Write(line);
        }
        else
        {
            _tail.Enqueue(line);
            _tailBytes += size;
            while (_tailBytes > KeptBytes / 2) _tailBytes -= Size(_tail.Dequeue());
        }
    }

    private void Write(LogLine line)
    {
        if (_fileFailed) return;
        try
        {
            _file.Write([.. JsonSerializer.SerializeToUtf8Bytes(line, PlatformJson.Options), (byte)'\n']);
        }
        catch (IOException)
        {
            // A full disk: the install fails by itself and says so; its output must be read on, or the command hangs.
            _fileFailed = true;
        }
    }

    private void Pulse()
    {
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private static int Size(LogLine line) => Encoding.UTF8.GetByteCount(line.Text) + LineOverhead;
}
