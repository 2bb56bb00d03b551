using System.Text;
using Platform.Oms.Reading;
using Platform.Oms.Yaml;

namespace Platform.Oms;

/// <summary>
/// Reads service descriptions, as people have written them: what is unknown, misspelled or of an older shape gives a warning, what can't be
/// carried out disables its own action, and only a text that is no description at all is refused.
/// </summary>
public static class OmsReader
{
    /// <summary>Of the text, in bytes: the largest description in the wild has 24 KiB.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>In the order in which a folder is searched, its root alone: <c>.github/workflows/oms.yml</c> is something else.</summary>
    public static IReadOnlyList<string> FileNames { get; } = ["oms.yml", "oms.yaml", "microservice.yml", "microservice.yaml"];

    /// <summary>The path of the folder's description; null: it has none.</summary>
    public static string? FindFile(string folder) => FileNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <param name="fileName">For messages alone.</param>
    /// <exception cref="OmsFormatException">It is no description at all.</exception>
    public static OmsService Read(string fileName, Stream stream)
    {
        // One byte more shows that there is more.
        var buffer = new byte[MaxBytes + 1];
        return Read(fileName, buffer.AsSpan(0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)));
    }

    /// <inheritdoc cref="Read(string, Stream)"/>
    public static OmsService Read(string fileName, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes)
            throw new OmsFormatException("too_large", fileName, 0, 0, $"The description has more than {MaxBytes} bytes.", "Move long texts elsewhere.");
        var findings = new Findings();
        var root = YamlTree.Read(fileName, TextOf(fileName, bytes), findings);
        return RootReader.Read(root, findings);
    }

    private static string TextOf(string fileName, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Encoding.UTF8.Preamble)) bytes = bytes[Encoding.UTF8.Preamble.Length..];
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var before = bytes[..Math.Clamp(e.Index, 0, bytes.Length)];
            var lineStart = before.LastIndexOf((byte)'\n') + 1;
            throw new OmsFormatException(
                "not_utf8", fileName, before.Count((byte)'\n') + 1, Encoding.UTF8.GetCharCount(before[lineStart..]) + 1, "The description is not UTF-8.",
                "Save it as UTF-8.");
        }
    }
}
