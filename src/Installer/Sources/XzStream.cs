using System.Diagnostics;
using Platform.Installer.Build;

namespace Platform.Installer.Sources;

/// <summary>
/// What the program xz makes of a file: .NET has nothing that unpacks it. When this service dies, xz finds its pipes closed and ends.
/// </summary>
internal sealed class XzStream : ForwardStream
{
    /// <summary>Four times what a file packed with <c>xz -9</c> takes.</summary>
    private const long MemoryBytes = 256 << 20;

    private const int NotFound = 127;
    private readonly Process _process;
    private readonly Stream _output;
    private readonly Task _feeding;
    private readonly OutputTail _words = new(1024);
    private readonly Task _listening;
    private readonly CancellationTokenRegistration _cancelled;
    private bool _disposed;

    public XzStream(Guid install, string file, string folder, CancellationToken ct)
    {
        var start = new ProcessStartInfo("/usr/bin/prlimit", ["--core=0", "xz", "--decompress", "--stdout", "--threads=1", $"--memlimit-decompress={MemoryBytes}"])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Command.Path;
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment[InstallProcesses.Mark] = install.ToString();
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.BaseStream;
        _listening = LineReader.ReadAsync(_process.StandardError.BaseStream, line => _words.Add("stderr", line));
        _feeding = Task.Run(() => Feed(file), CancellationToken.None);
        _cancelled = ct.Register(_process.Kill);
    }

    /// <exception cref="InvalidDataException">At the end, when xz found something wrong.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = _output.Read(buffer);
        if (read > 0 || buffer.Length == 0) return read;
        _process.WaitForExit();
        _listening.Wait();
        return _process.ExitCode switch
        {
            0 => 0,
            NotFound => throw Errors.XzMissing(),
            var code => throw new InvalidDataException(_words.ToString() is { Length: > 0 } words ? $"{words}." : $"xz ended with exit code {code}."),
        };
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _cancelled.Dispose();
            _process.Kill();
            _process.WaitForExit();
            Task.WaitAll(_feeding, _listening);
            _process.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Feed(string file)
    {
        try
        {
            using var input = _process.StandardInput.BaseStream;
            using var content = File.OpenRead(file);
            content.CopyTo(input);
        }
        catch (IOException)
        {
            // xz has ended before its input did; its exit code says why.
        }
    }
}
