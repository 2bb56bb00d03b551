using System.Text;

namespace Platform.Installer.Sources;

/// <summary>What a file is, by how it begins; its name says nothing.</summary>
internal static class FileKind
{
    /// <summary>Bytes from the beginning that suffice: the header of a tar's first entry.</summary>
    public const int HeadBytes = 512;

    private const int ChecksumAt = 148, ChecksumBytes = 8;

    private static readonly (string Kind, byte[] Begin)[] Begins =
    [
        ("zip", [(byte)'P', (byte)'K', 3, 4]), ("zip", [(byte)'P', (byte)'K', 5, 6]),
        ("gzip", [0x1f, 0x8b]), ("xz", [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]),
        ("bzip2", "BZh"u8.ToArray()), ("zstd", [0x28, 0xb5, 0x2f, 0xfd]), ("7z", [(byte)'7', (byte)'z', 0xbc, 0xaf, 0x27, 0x1c]), ("rar", "Rar!\x1a\x07"u8.ToArray()),
    ];

    /// <returns>One of zip, gzip, xz, tar, html, or of those that can't be unpacked: bzip2, zstd, 7z, rar. Null: a file like any other.</returns>
    public static string? Of(ReadOnlySpan<byte> head)
    {
        foreach (var (kind, begin) in Begins)
            if (head.StartsWith(begin)) return kind;
        return IsTar(head) ? "tar" : IsHtml(head) ? "html" : null;
    }

    /// <inheritdoc cref="Of"/>
    public static string? OfFile(string path)
    {
        using var content = File.OpenRead(path);
        var head = new byte[HeadBytes];
        return Of(head.AsSpan(0, content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
    }

    /// <summary>By the checksum of the first header, which every variety of tar has.</summary>
    public static bool IsTar(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadBytes || head[0] == 0) return false;
        var written = 0;
        foreach (var digit in Encoding.ASCII.GetString(head.Slice(ChecksumAt, ChecksumBytes)).Trim('\0', ' '))
        {
            if (digit is < '0' or > '7') return false;
            written = written * 8 + digit - '0';
        }
        var sum = ChecksumBytes * ' ';
        for (var i = 0; i < HeadBytes; i++)
            if (i is < ChecksumAt or >= ChecksumAt + ChecksumBytes) sum += head[i];
        return sum == written;
    }

    private static bool IsHtml(ReadOnlySpan<byte> head)
    {
        var text = Encoding.UTF8.GetString(head).TrimStart('\ufeff', ' ', '\t', '\r', '\n');
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }
}
