using System.Formats.Tar;

namespace Platform.Runner.Containers;

/// <summary>
/// A program that does nothing until it is ended, for containers in which commands are executed. It comes from here because an image FROM scratch has
/// none, no <c>tail</c> either; it is a whole executable of three instructions.
/// </summary>
internal static class KeepAlive
{
    public const string Path = "/.platform-keep-alive";
    private const int Header = 120;
    private const long Address = 0x400000;

    // again: pause(); goto again
    private static readonly byte[] Amd64 = [0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];

    // again: ppoll(0, 0, 0, 0, 0); goto again - there is no pause.
    private static readonly uint[] Arm64 = [0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800004, 0xd2800928, 0xd4000001, 0x17fffff9];

    /// <param name="architecture">As an image names it.</param>
    /// <returns>A tar archive with the program; null: for this architecture there is none, and the image's <c>tail</c> has to do.</returns>
    public static Stream? Archive(string architecture)
    {
        var program = architecture switch
        {
            "amd64" => Elf(62, Amd64),
            "arm64" => Elf(183, [.. Arm64.SelectMany(BitConverter.GetBytes)]),
            _ => null,
        };
        return program is null ? null : Archive(Path, program);
    }

    /// <summary>A tar archive with one program.</summary>
    /// <param name="path">From the root.</param>
    public static Stream Archive(string path, byte[] program)
    {
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path[1..])
            {
                Mode = (UnixFileMode)0b101_101_101,
                DataStream = new MemoryStream(program),
            });
        }

        archive.Position = 0;
        return archive;
    }

    /// <summary>An executable: the header of the file and that of its one segment, which is the whole file; see elf(5).</summary>
    /// <param name="machine">62: amd64, 183: arm64.</param>
    public static byte[] Elf(ushort machine, byte[] code)
    {
        var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        foreach (var half in (ReadOnlySpan<ushort>)[2, machine])
            writer.Write(half);
        writer.Write(1);
        foreach (var word in (ReadOnlySpan<long>)[Address + Header, 64, 0])
            writer.Write(word);
        writer.Write(0);
        foreach (var half in (ReadOnlySpan<ushort>)[64, 56, 1, 0, 0, 0])
            writer.Write(half);
        // To be loaded, readable and executable.
        foreach (var word in (ReadOnlySpan<int>)[1, 5])
            writer.Write(word);
        foreach (var word in (ReadOnlySpan<long>)[0, Address, Address, Header + code.Length, Header + code.Length, 0x1000])
            writer.Write(word);
        writer.Write(code);
        return file.ToArray();
    }
}
