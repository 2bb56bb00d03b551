using System.Buffers.Binary;
using System.Formats.Tar;
using System.Text;

namespace Platform.Installer.Tests;

/// <summary>Archives that are larger than they look, that lie about their sizes, or end too early.</summary>
public sealed class HostileArchiveTests : ArchiveTest
{
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bomb_is_refused_by_its_ratio(string kind)
    {
        if (kind is "tar" or "gnu") return; // nothing is larger than itself
        using var place = Place();
        var error = await FailAsync(place, new TestArchive().Add("run").Add(new TestArchive.Entry("zeros", new byte[80 << 20])).Make(kind));
        Assert.Equal("archive_bomb", error.Code);
        Assert.NotNull(error.Remedy);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_bomb_is_refused_by_its_size(string kind)
    {
        using var place = Place(options => options.MaxBytes = 8 << 20);
        var archive = new TestArchive();
        for (var i = 0; i < 9; i++) archive.Add(new TestArchive.Entry($"zeros{i}", new byte[1 << 20]));
        var error = await FailAsync(place, archive.Make(kind));
        Assert.Equal(kind is "tar" or "gnu" ? "download_too_large" : "bundle_too_large", error.Code);
        // Already by fetching it, not when what lies on the disk is packed.
        await using var server = await FileServer.OfAsync(archive.Make(kind));
        Assert.Equal(error.Code, (await place.FetchFailsAsync(Http($"{server.Address}/download", null), null)).Code);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_small_file_that_compresses_well_is_no_bomb(string kind)
    {
        using var place = Place();
        await SucceedAsync(place, new TestArchive().Add(new TestArchive.Entry("zeros", new byte[32 << 20])).Make(kind));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task More_entries_than_allowed_are_refused(string kind)
    {
        using var place = Place(options => options.MaxFiles = 100);
        var archive = new TestArchive();
        for (var i = 0; i < 101; i++) archive.Add($"{i}");
        var error = await FailAsync(place, archive.Make(kind));
        Assert.Equal("bundle_too_large", error.Code);
        Assert.Contains("100 files", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar.gz")]
    public async Task A_million_entries_are_refused(string kind)
    {
        const int count = 1_000_000;
        using var place = Place();
        using var output = new MemoryStream();
        // By hand: the writers of .NET take a minute for it.
        var tar = new TestArchive().Add("0000000", "").Tar(TarEntryFormat.Gnu);
        if (kind == "zip")
        {
            var one = new TestArchive().Add("0000000", "").Zip();
            var directory = one.AsSpan(one.Length - 22 - 46 - 7, 46 + 7).ToArray();
            var start = one.Length - 22 - directory.Length;
            output.Write(one, 0, start);
            for (var i = 0; i < count; i++) output.Write(Numbered(directory, 46, i));
            // The 64-bit end of the directory, where the count has room.
            output.Write(End64(count, start, output.Position));
        }
        else
        {
            using var packed = new System.IO.Compression.GZipStream(output, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true);
            for (var i = 0; i < 250_000; i++) packed.Write(tar, 0, 512);
            packed.Write(new byte[1024]);
        }
        var error = await FailAsync(place, output.ToArray());
        Assert.Equal("bundle_too_large", error.Code);
        Assert.Contains("200000 files", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_path_that_is_too_long_is_refused(string kind)
    {
        var path = string.Join('/', Enumerable.Repeat(new string('p', 100), 50));
        foreach (var name in (string[])[path, new string('n', 300)])
        {
            using var place = Place();
            var error = await FailAsync(place, new TestArchive().Add("run").Add(name).Make(kind));
            Assert.Equal("archive_bad_entries", error.Code);
            Assert.Contains("longer than 4096 bytes", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_size_in_a_zip_that_lies_is_refused()
    {
        var zip = new TestArchive().Add(new TestArchive.Entry("run", new byte[100_000])).Zip();
        var size = zip.Length - 22 - 46 - 3 + 24;
        foreach (var lie in (uint[])[10, 200_000])
        {
            using var place = Place();
            var lying = zip.ToArray();
            BinaryPrimitives.WriteUInt32LittleEndian(lying.AsSpan(size), lie);
            var error = await FailAsync(place, lying);
            Assert.Equal("archive_damaged", error.Code);
            Assert.Contains("another size", error.Message, StringComparison.Ordinal);
        }
        using var last = Place();
        var corrupt = zip.ToArray();
        corrupt[size - 8] ^= 1;
        Assert.Contains("checksum", (await FailAsync(last, corrupt)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_size_in_a_tar_that_lies_is_refused()
    {
        foreach (var (size, code) in ((string, string)[])[("00000777777", "archive_damaged"), ("77777777777", "bundle_too_large")])
        {
            using var place = Place();
            var tar = new TestArchive().Add("run").Tar(TarEntryFormat.Gnu);
            Encoding.ASCII.GetBytes(size).CopyTo(tar, 124);
            Encoding.ASCII.GetBytes("        ").CopyTo(tar, 148);
            Encoding.ASCII.GetBytes($"{Convert.ToString(tar.Take(512).Sum(b => b), 8).PadLeft(6, '0')}\0 ").CopyTo(tar, 148);
            Assert.Equal(code, (await FailAsync(place, tar)).Code);
        }
    }

    [Fact]
    public async Task A_header_without_end_is_refused()
    {
        using var place = Place();
        var attributes = new Dictionary<string, string> { ["comment"] = new string('x', 3 << 20) };
        using var output = new MemoryStream();
        using (var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true)) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "run", attributes) { DataStream = new MemoryStream([1]) });
        var error = await FailAsync(place, TestArchive.Gzip(output.ToArray()));
        Assert.Equal("archive_damaged", error.Code);
        Assert.Contains("header of more than", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_archive_that_was_cut_is_refused(string kind)
    {
        var whole = new TestArchive().Add(new TestArchive.Entry("run", new byte[20_000])).Add(new TestArchive.Entry("more", System.Security.Cryptography.RandomNumberGenerator.GetBytes(20_000))).Make(kind);
        foreach (var length in (int[])[600, whole.Length / 2, whole.Length - 1500, whole.Length - kind switch { "tar" or "gnu" => 1024, "tar.gz" => 20, _ => 6 }])
        {
            using var place = Place();
            var error = await FailAsync(place, whole[..length]);
            Assert.True(error.Code == "archive_damaged", $"{length} of {whole.Length}: {error}");
        }
    }

    private static byte[] Numbered(byte[] header, int at, int number)
    {
        for (var digit = 6; digit >= 0; digit--, number /= 10) header[at + digit] = (byte)('0' + number % 10);
        return header;
    }

    private static byte[] End64(long count, long start, long end)
    {
        var bytes = new byte[56 + 20 + 22];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), start);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56 + 8), end);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(76), 0x06054b50);
        bytes.AsSpan(76 + 8, 12).Fill(0xff);
        return bytes;
    }
}
