using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Platform.Installer.Tests;

/// <summary>An archive as somebody may have made it who means no good.</summary>
internal sealed class TestArchive
{
    private readonly List<Entry> _entries = [];

    public sealed record Entry(string Name, byte[] Content, char Type = '-', string Target = "", bool Executable = false)
    {
        public bool IsFolder => Type == 'd';
    }

    public TestArchive Add(string name, string content = "content", bool executable = false) => Add(new Entry(name, Encoding.UTF8.GetBytes(content), Executable: executable));

    public TestArchive Add(Entry entry)
    {
        _entries.Add(entry);
        return this;
    }

    public TestArchive Folder(string name) => Add(new Entry(name, [], 'd'));

    /// <param name="type">l: symbolic link, h: hard link, p: pipe, c and b: devices.</param>
    public TestArchive Special(string name, char type, string target = "") => Add(new Entry(name, [], type, target));

    public byte[] Make(string kind) => kind switch
    {
        "zip" => Zip(),
        "tar" => Tar(TarEntryFormat.Pax),
        "gnu" => Tar(TarEntryFormat.Gnu),
        "tar.gz" => Gzip(Tar(TarEntryFormat.Pax)),
        "tar.xz" => Xz(Tar(TarEntryFormat.Pax)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    public byte[] Tar(TarEntryFormat format)
    {
        using var output = new MemoryStream();
        using (var tar = new TarWriter(output, format, leaveOpen: true))
        {
            foreach (var entry in _entries)
            {
                var type = entry.Type switch
                {
                    'd' => TarEntryType.Directory,
                    'l' => TarEntryType.SymbolicLink,
                    'h' => TarEntryType.HardLink,
                    'p' => TarEntryType.Fifo,
                    'c' => TarEntryType.CharacterDevice,
                    'b' => TarEntryType.BlockDevice,
                    _ => TarEntryType.RegularFile,
                };
                var name = entry.IsFolder && !entry.Name.EndsWith('/') ? entry.Name + "/" : entry.Name;
                TarEntry made = format switch
                {
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    TarEntryFormat.V7 => new V7TarEntry(type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
                    _ => new GnuTarEntry(type, name),
                };
                made.Mode = (UnixFileMode)(entry.Executable || entry.IsFolder ? 0b111_101_101 : 0b110_100_100);
                if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink) made.LinkName = entry.Target;
                if (entry.Type == '-') made.DataStream = new MemoryStream(entry.Content);
                tar.WriteEntry(made);
            }
        }
        return output.ToArray();
    }

    public byte[] Zip()
    {
        using var output = new MemoryStream();
        using (var zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in _entries)
            {
                var made = zip.CreateEntry(entry.IsFolder && !entry.Name.EndsWith('/') ? entry.Name + "/" : entry.Name);
                var type = entry.Type switch { 'd' => 0x4000, 'l' => 0xa000, 'p' => 0x1000, 'c' => 0x2000, 'b' => 0x6000, _ => 0x8000 };
                made.ExternalAttributes = (type | (entry.Executable || entry.IsFolder ? 0x1ed : 0x1a4)) << 16;
                if (entry.IsFolder) continue;
                using var content = made.Open();
                content.Write(entry.Type == 'l' ? Encoding.UTF8.GetBytes(entry.Target) : entry.Content);
            }
        }
        return output.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        using var output = new MemoryStream();
        using (var packed = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true)) packed.Write(content);
        return output.ToArray();
    }

    public static byte[] Xz(byte[] content, string options = "")
    {
        var folder = Directory.CreateTempSubdirectory("installer-tests-xz-").FullName;
        try
        {
            File.WriteAllBytes($"{folder}/x", content);
            Workplace.Shell($"xz -0 {options} {folder}/x");
            return File.ReadAllBytes($"{folder}/x.xz");
        }
        finally
        {
            Tree.Delete(folder);
        }
    }
}
