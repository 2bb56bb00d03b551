using System.CommandLine;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Platform.Cli.Api;

namespace Platform.Cli.Objects;

/// <summary><c>objects export</c>: the API's answer as it comes, to standard output or a file.</summary>
internal static class ExportObjects
{
    private const int BufferBytes = 128 << 10;

    public static Command Command()
    {
        var options = new ObjectOptions();
        options.Connection.Required = true;
        options.Connection.Description = "The connection whose objects are exported.";
        var format = new Option<string?>("--format") { Description = "ndjson (the API's default) or csv." };
        var output = new Option<string?>("--output") { Description = "Write to this file; standard output by default." };
        var command = new Command("export", "Exports every object of a connection that the filters let through.") { format, output };
        options.AddTo(command);
        return command.Does(async call =>
        {
            var path = options.Query("/v1/objects/export", call, ("format", call.Get(format)));
            var file = call.Get(output);
            var count = new ExportCount(call.Get(format) == "csv");
            await call.Api.DownloadAsync(path, async body =>
            {
                await using var target = file is null ? StandardOutput() : new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
                await CopyAsync(body, target, count, file, call.Cancel);
            }, call.Cancel);
            if (call.Screen.Json && file is not null) call.Screen.Document(new { Connection = call.Get(options.Connection), Objects = count.Objects, Bytes = count.Bytes, File = Path.GetFullPath(file) });
            if (!call.Screen.Json) Console.Error.WriteLine(count.ToString());
            return ExitCode.Ok;
        });
    }

    private static async Task CopyAsync(Stream body, Stream target, ExportCount count, string? file, CancellationToken cancel)
    {
        using var progress = new ExportProgress(count);
        var buffer = new byte[BufferBytes];
        while (true)
        {
            int read;
            try
            {
                read = await body.ReadAsync(buffer, cancel);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new CliException(
                    ExitCode.Failed, "export_broken_off", $"The export broke off after {count}; {(file is null ? "what was printed" : file)} is incomplete.",
                    "Try again. If it stays: it may take longer than the platform's Objects:ExportTimeout, or its log (apphost.log) tells more.");
            }

            if (read == 0) return;
            count.Add(buffer.AsSpan(0, read));
            await target.WriteAsync(buffer.AsMemory(0, read), cancel);
            progress.Show();
        }
    }

    private static Stream StandardOutput()
    {
        // Console's own stream goes on in silence when the reader, such as head, is gone. Into a file it is the right one: it moves
        // the position that this process shares with its shell.
        var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? Console.OpenStandardOutput() : output;
    }
}

/// <summary>How much has passed: lines of NDJSON, or records of CSV, where a line feed may stand within quotes.</summary>
internal sealed class ExportCount(bool csv)
{
    private readonly long started = Stopwatch.GetTimestamp();
    private bool quoted;
    private long lines;

    public long Bytes { get; private set; }

    /// <summary>The first record of CSV is its header.</summary>
    public long Objects => csv ? Math.Max(0, lines - 1) : lines;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Bytes += bytes.Length;
        if (!csv)
        {
            lines += bytes.Count((byte)'\n');
            return;
        }

        for (var next = bytes.IndexOfAny((byte)'"', (byte)'\n'); next >= 0; next = bytes.IndexOfAny((byte)'"', (byte)'\n'))
        {
            if (bytes[next] == '"') quoted = !quoted;
            else if (!quoted) lines++;
            bytes = bytes[(next + 1)..];
        }
    }

    public override string ToString() => $"{Objects} objects, {Bytes / 1e6:0.0} MB in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s";
}

/// <summary>One line on a terminal's standard error that is written anew as the export goes on.</summary>
internal sealed class ExportProgress(ExportCount count) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private long shown;

    public void Show()
    {
        if (Console.IsErrorRedirected || Stopwatch.GetElapsedTime(shown) < Every) return;
        shown = Stopwatch.GetTimestamp();
        Console.Error.Write($"\r\e[K{count}");
    }

    public void Dispose()
    {
        if (shown != 0) Console.Error.Write("\r\e[K");
    }
}
