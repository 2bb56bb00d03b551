using System.Formats.Tar;
using System.Text;

namespace Platform.Installer.Tests;

/// <summary>Archives by HTTP: what comes out of good ones, and that nothing comes out of bad ones.</summary>
public sealed class ArchiveSourceTests : ArchiveTest
{
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Files_folders_and_the_executable_bit_come_out(string kind)
    {
        using var place = Place();
        var long_ = $"{new string('a', 200)}/{new string('b', 200)}";
        var (_, tree) = await SucceedAsync(place, new TestArchive()
            .Folder("./").Folder("bin").Add("bin/run", "#!/bin/sh\n", executable: true).Add("./lib/naïve name.txt", "text").Add("empty", "").Folder("hollow").Folder("bin").Add(long_, "deep").Make(kind));

        Assert.Equal($"./{long_}\n./bin/run\n./empty\n./lib/naïve name.txt", Workplace.Shell("find . -type f | LC_ALL=C sort", tree));
        Assert.Equal("./bin/run", Workplace.Shell("find . -type f -perm /111", tree));
        Assert.True(Directory.Exists(Path.Combine(tree, "hollow")));
        Assert.Equal("text", await File.ReadAllTextAsync(Path.Combine(tree, "lib/naïve name.txt"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("tar -cf")]
    [InlineData("tar --format=v7 -cf")]
    [InlineData("tar --format=ustar -cf")]
    [InlineData("tar --format=gnu -czf")]
    [InlineData("tar --format=posix -cJf")]
    [InlineData("git archive -o")] // with a global header that holds the commit
    [InlineData("zip -qr")]
    [InlineData("python3 -m zipfile -c")]
    public async Task What_common_programs_pack_comes_out(string pack)
    {
        using var place = Place();
        var source = place.Source("packed", ("top/run", "#!/bin/sh\n"), ("top/data/large.txt", new string('x', 1 << 20)));
        Workplace.Shell($"chmod 755 top/run; git init -q; git add -A; git commit -qm x; rm -f ../a; {pack} ../a{(pack.StartsWith("git", StringComparison.Ordinal) ? ".tar HEAD; mv ../a.tar ../a" : " top")}; [ -e ../a ] || mv ../a.zip ../a", source);

        var (_, tree) = await SucceedAsync(place, await File.ReadAllBytesAsync(Path.Combine(place.Roots, "a"), TestContext.Current.CancellationToken), subdir: "top");

        Assert.Equal("./data/large.txt\n./run", Workplace.Shell("find . -type f | LC_ALL=C sort", tree));
        Assert.Equal(1 << 20, new FileInfo(Path.Combine(tree, "data/large.txt")).Length);
        Assert.True(File.GetUnixFileMode(Path.Combine(tree, "run")).HasFlag(UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task A_folder_as_the_oldest_tars_write_it_comes_out()
    {
        using var place = Place();
        var tar = new TestArchive().Folder("lib").Add("lib/run").Tar(TarEntryFormat.V7);
        // Type and checksum: the folder as a file of no bytes whose name ends with a slash.
        tar[156] = 0;
        Encoding.ASCII.GetBytes("        ").CopyTo(tar, 148);
        Encoding.ASCII.GetBytes($"{Convert.ToString(tar.Take(512).Sum(b => b), 8).PadLeft(6, '0')}\0 ").CopyTo(tar, 148);

        var (_, tree) = await SucceedAsync(place, tar);

        Assert.Equal("./lib/run", Workplace.Shell("find . -type f", tree));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_subdir_becomes_the_root(string kind)
    {
        using var place = Place();
        var archive = new TestArchive().Add("tool-1.0/run").Add("tool-1.0/lib/x").Add("other/y").Make(kind);
        var (_, tree) = await SucceedAsync(place, archive, "tool-1.0");
        Assert.Equal("lib\nrun", Workplace.Shell($"ls -A {tree}"));
        foreach (var subdir in (string[])["absent", "tool-1.0/run", "../x", "/tool-1.0"])
        {
            using var another = Place();
            Assert.Equal("subdir_not_found", (await FailAsync(another, archive, subdir)).Code);
        }
    }

    [Theory]
    [InlineData("../out", "'..'")]
    [InlineData("a/../../out", "'..'")]
    [InlineData("a/..", "'..'")]
    [InlineData("/etc/cron.d/x", "absolute")]
    [InlineData("..\\out", "backslash")]
    [InlineData("C:\\Windows\\x", "backslash")]
    [InlineData("./", "no name")]
    public async Task A_name_that_leads_elsewhere_is_refused(string name, string why)
    {
        foreach (var kind in (string[])["zip", "tar", "gnu", "tar.gz", "tar.xz"])
        {
            if (name == "./" && kind != "zip") continue;
            using var place = Place();
            var entry = name == "./" ? new TestArchive.Entry(".", "x"u8.ToArray()) : new TestArchive.Entry(name, "x"u8.ToArray());
            var error = await FailAsync(place, new TestArchive().Add("run").Add(entry).Add("more").Make(kind));
            Assert.Equal("archive_bad_entries", error.Code);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.Remedy);
            Assert.False(Path.Exists(Path.Combine(place.Folder, "out")));
        }
    }

    [Fact]
    public async Task A_name_with_a_nul_or_without_utf8_is_refused()
    {
        foreach (var (from, to, why) in ((string, byte[], string)[])[("nul?name", [.. "nul\0name"u8], "NUL"), ("bad?name", [.. "bad"u8, 0xff, .. "name"u8], "UTF-8")])
        {
            using var place = Place();
            var error = await FailAsync(place, Replaced(new TestArchive().Add("run").Add(from).Zip(), Encoding.UTF8.GetBytes(from), to));
            Assert.Equal("archive_bad_entries", error.Code);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
        using var last = Place();
        var tar = Replaced(new TestArchive().Add("run").Add(new string('n', 150) + "?").Tar(TarEntryFormat.Gnu), "n?"u8.ToArray(), [(byte)'n', 0xff]);
        Assert.Equal("archive_bad_entries", (await FailAsync(last, tar)).Code);
    }

    [Theory]
    [InlineData('l', "/etc/passwd", "symbolic link")]
    [InlineData('l', "run", "symbolic link")]
    [InlineData('h', "run", "hard link")]
    [InlineData('p', "", "pipe")]
    [InlineData('c', "", "device")]
    [InlineData('b', "", "device")]
    public async Task What_is_neither_file_nor_folder_is_refused(char type, string target, string why)
    {
        foreach (var kind in (string[])["zip", "tar", "gnu", "tar.gz", "tar.xz"])
        {
            if (kind == "zip" && type == 'h') continue; // zip knows none
            using var place = Place();
            var error = await FailAsync(place, new TestArchive().Add("run").Special("special", type, target).Add("special/below").Make(kind));
            Assert.Equal("archive_bad_entries", error.Code);
            Assert.Contains($"'special' is a{(kind == "zip" && type is not 'l' ? "" : " " + why)}", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a", "a", "twice")]
    [InlineData("a", "./a", "twice")]
    [InlineData("lib/README", "lib/readme", "case")]
    [InlineData("lib/x", "Lib/y", "case")]
    [InlineData("a", "a/b", "twice")]
    [InlineData("ä", "Ä", "case")]
    public async Task Names_that_come_twice_or_differ_in_case_are_refused(string first, string second, string why)
    {
        foreach (var kind in (string[])["zip", "tar", "gnu"])
        {
            using var place = Place();
            var error = await FailAsync(place, new TestArchive().Add(first).Add(second).Make(kind));
            Assert.Equal("archive_bad_entries", error.Code);
            Assert.Contains(why, error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task All_bad_entries_are_told_at_once_up_to_ten(string kind)
    {
        using var place = Place();
        var archive = new TestArchive();
        for (var i = 0; i < 12; i++) archive.Add($"../bad{i}");
        var error = await FailAsync(place, archive.Make(kind));
        Assert.Contains("'../bad0' has", error.Message, StringComparison.Ordinal);
        Assert.Contains("'../bad9' has", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("bad10", error.Message, StringComparison.Ordinal);
        Assert.Contains("and 2 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_zip_is_refused()
    {
        using var place = Place();
        Workplace.Shell("echo x > run; zip -q -P hunter22 ../a.zip run", place.Source("encrypted"));
        var error = await FailAsync(place, await File.ReadAllBytesAsync(Path.Combine(place.Roots, "a.zip"), TestContext.Current.CancellationToken));
        Assert.Equal("archive_bad_entries", error.Code);
        Assert.Contains("encrypted", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    public async Task A_sparse_file_is_refused(string format)
    {
        using var place = Place();
        Workplace.Shell($"truncate -s 1G run; echo x >> run; tar --format={format} --sparse -czf ../a run", place.Source("sparse"));
        var error = await FailAsync(place, await File.ReadAllBytesAsync(Path.Combine(place.Roots, "a"), TestContext.Current.CancellationToken));
        Assert.True(error.Code == "archive_bad_entries", $"{error}");
        Assert.Contains("sparse", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task An_archive_of_another_kind_is_named()
    {
        foreach (var (begin, kind) in ((byte[], string)[])[([.. "BZh91AY&SY"u8], "bzip2"), ([0x28, 0xb5, 0x2f, 0xfd, 0], "zstd"), ([.. "Rar!\x1a\x07\0"u8], "rar"), ([.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], "7z")])
        {
            using var place = Place();
            var error = await FailAsync(place, begin);
            Assert.Equal("archive_unsupported", error.Code);
            Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_is_packed_but_is_no_tar_and_what_is_empty_is_refused()
    {
        foreach (var content in (byte[][])[TestArchive.Gzip("#!/bin/sh\n"u8.ToArray()), TestArchive.Xz(new byte[2000]), new TestArchive().Zip(), new TestArchive().Folder("only").Make("tar.gz"), new TestArchive().Folder("only").Zip()])
        {
            using var place = Place();
            Assert.Equal("archive_damaged", (await FailAsync(place, content)).Code);
        }
    }

    [Fact]
    public async Task An_xz_that_wants_too_much_memory_is_refused_in_its_own_words()
    {
        using var place = Place();
        var error = await FailAsync(place, TestArchive.Xz(new TestArchive().Add("run").Tar(TarEntryFormat.Gnu), "--lzma2=dict=768MiB"));
        Assert.Equal("archive_damaged", error.Code);
        Assert.Contains("Memory usage limit", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("tar.xz")]
    public async Task Unpacking_has_a_time_limit(string kind)
    {
        using var place = Place(options => options.UnpackTimeLimit = TimeSpan.FromMilliseconds(1));
        // So many files that the limit has passed long before the last is made.
        var archive = new TestArchive();
        for (var i = 0; i < 30_000; i++) archive.Add($"{i}");
        Assert.Equal("archive_timed_out", (await FailAsync(place, archive.Make(kind))).Code);
    }

    private static byte[] Replaced(byte[] content, byte[] from, byte[] to)
    {
        for (var at = 0; (at = content.AsSpan(at).IndexOf(from) is var found and >= 0 ? at + found : -1) >= 0; at += to.Length) to.CopyTo(content, at);
        return content;
    }
}
