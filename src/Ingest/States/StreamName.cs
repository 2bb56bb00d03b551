using System.Text;

namespace Platform.Ingest.States;

/// <summary>The name of a stream as a caller writes it.</summary>
internal static class StreamName
{
    private const int MaxBytes = 255;

    public static readonly string Rule = $"The name of a stream has at most {MaxBytes} bytes and no U+0000.";

    public static bool IsValid(string stream) => !stream.Contains('\0') && Encoding.UTF8.GetByteCount(stream) <= MaxBytes;

    /// <exception cref="ServiceDefaults.ProblemException">422 invalid_state: no stream can have this name.</exception>
    public static string? Check(string? stream) => stream is null || IsValid(stream)
        ? stream
        : throw Errors.InvalidState([new("stream", "invalid_stream", Rule)]);
}
