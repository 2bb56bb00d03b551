using System.Diagnostics;
using System.Formats.Tar;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Platform.Runner.Bundles;
using Platform.ServiceDefaults;

namespace Platform.Runner.Tests;

/// <summary>The cache of one or several Runners over one folder, and an Installer that fails in many ways.</summary>
public sealed class BundleCacheTests : IAsyncLifetime
{
    private const int Chunk = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string data = Directory.CreateTempSubdirectory("bundle-cache-").FullName;
    private Peers peers = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => peers = await Peers.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await peers.DisposeAsync();
        Directory.Delete(data, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_download_that_is_cut_goes_on_where_it_stopped(bool connection)
    {
        var digest = Add("a", 40 * Chunk);
        var cuts = new Queue<long>([5L * Chunk, 21L * Chunk]);
        peers.Bundles.OnChunk = offset =>
        {
            if (!cuts.TryPeek(out var next) || offset < next)
                return;
            cuts.Dequeue();
            throw connection ? new IOException("cut") : new RpcException(new(StatusCode.Unavailable, "restarting"));
        };

        using var lease = await Cache().GetAsync(digest, Ct);

        Assert.Equal(40 * Chunk, new FileInfo(Path.Combine(lease.Files, "a")).Length);
        Assert.Equal(3, peers.Bundles.Requests.Count);
        Assert.All(peers.Bundles.Requests.Skip(1), request => Assert.True(request.Offset > 0));
        // Of each cut at most what was on its way; from the beginning it would be 26 chunks.
        Assert.InRange(peers.Bundles.Sent - peers.Bundles.Archives[digest].Length, 0, connection ? 12 * Chunk : 0);
    }

    [Fact]
    public async Task An_installer_that_stays_away_is_given_up_and_nothing_is_left()
    {
        var digest = Add("a", 4 * Chunk);
        peers.Bundles.OnChunk = offset =>
        {
            if (offset >= Chunk)
                throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        };

        var fault = await Assert.ThrowsAsync<RunFaultException>(() => Cache().GetAsync(digest, Ct));

        Assert.Equal("installer_unavailable", fault.Fault.Code);
        Assert.InRange(peers.Bundles.Requests.Count, 2, 5);
        Assert.Empty(Entries());
    }

    [Fact]
    public async Task A_flipped_bit_behind_a_cut_is_noticed_and_the_remedy_told()
    {
        var digest = Add("a", 4 * Chunk);
        peers.Bundles.OnChunk = offset =>
        {
            if (offset != 2 * Chunk || peers.Bundles.Requests.Count > 1)
                return;
            peers.Bundles.Archives[digest][3 * Chunk] ^= 1;
            throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        };

        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => Cache().GetAsync(digest, Ct))).Fault;

        Assert.Equal(("bundle_unavailable", "Install the connector again."), (fault.Code, fault.Remedy));
        Assert.Empty(Entries());
    }

    [Fact]
    public async Task Runners_that_share_a_folder_fetch_a_bundle_once_and_both_have_it_whole()
    {
        var digest = Add("a", 8 * Chunk);
        var caches = Enumerable.Range(0, 4).Select(_ => Cache()).ToList();

        var leases = await Task.WhenAll(caches.Concat(caches).Select(cache => cache.GetAsync(digest, Ct)));

        Assert.Equal(1, peers.Bundles.Downloads);
        Assert.All(leases, lease => Assert.Equal(8 * Chunk, new FileInfo(Path.Combine(lease.Files, "a")).Length));
        Assert.Equal([digest], Entries());
        Array.ForEach(leases, lease => lease.Dispose());
    }

    [Fact]
    public async Task The_bundles_used_longest_ago_make_room_but_none_that_is_in_use()
    {
        string[] digests = [.. ((string[])["a", "b", "c", "d", "e"]).Select(name => Add(name, 100_000))];
        var cache = Cache(maxBytes: 350_000);
        using var inUse = await cache.GetAsync(digests[0], Ct);
        foreach (var digest in digests[1..3])
            (await cache.GetAsync(digest, Ct)).Dispose();
        // Times of last use, apart whatever the disk's resolution; a later Runner goes by them.
        foreach (var (digest, minutes) in (ReadOnlySpan<(string, int)>)[(digests[0], 30), (digests[1], 10), (digests[2], 20)])
            File.SetLastWriteTimeUtc(Path.Combine(data, "bundles", digest, "used"), DateTime.UtcNow.AddMinutes(-minutes));
        var later = Cache(maxBytes: 350_000);
        (await later.GetAsync(digests[3], Ct)).Dispose();

        Assert.Equal(Sorted(digests[0], digests[1], digests[3]), Entries());
        (await later.GetAsync(digests[1], Ct)).Dispose();
        File.SetLastWriteTimeUtc(Path.Combine(data, "bundles", digests[3], "used"), DateTime.UtcNow.AddMinutes(-1));
        (await later.GetAsync(digests[4], Ct)).Dispose();
        Assert.Equal(Sorted(digests[0], digests[1], digests[4]), Entries());
        Assert.Equal(100_000, new FileInfo(Path.Combine(inUse.Files, "a")).Length);
        Assert.Equal(5, peers.Bundles.Downloads);
    }

    [Fact]
    public async Task What_dead_runners_left_is_removed_and_what_a_living_one_fetches_stays()
    {
        var left = Directory.CreateDirectory(Path.Combine(data, "bundles", ".new-left", "files")).Parent!.FullName;
        BundleUse.Create(left).Dispose();
        var old = Directory.CreateDirectory(Path.Combine(data, "bundles", ".old-left", "files")).Parent!.FullName;
        BundleUse.Create(old).Dispose();
        var (living, use) = Folders(long.MaxValue).Begin();
        var unheld = Directory.CreateDirectory(Path.Combine(data, "bundles", ".new-unheld")).FullName;

        (await Cache().GetAsync(Add("a", 10), Ct)).Dispose();

        Assert.False(Directory.Exists(left) || Directory.Exists(old));
        Assert.True(Directory.Exists(living) && Directory.Exists(unheld));
        use.Dispose();
        Directory.SetLastWriteTimeUtc(unheld, DateTime.UtcNow.AddHours(-1));
        (await Cache().GetAsync(Add("b", 10), Ct)).Dispose();
        Assert.DoesNotContain(Entries(), name => name.StartsWith('.'));
    }

    [Fact]
    public async Task A_touched_bundle_is_fetched_anew_and_a_run_that_uses_the_touched_one_keeps_its_files()
    {
        var digest = Add("a", 1000);
        var cache = Cache();
        var first = await cache.GetAsync(digest, Ct);
        await File.AppendAllTextAsync(Path.Combine(first.Files, "a"), "touched", Ct);

        var second = await Cache().GetAsync(digest, Ct);

        Assert.Equal(1000, new FileInfo(Path.Combine(second.Files, "a")).Length);
        var aside = Assert.Single(Directory.EnumerateDirectories(Path.Combine(data, "bundles"), ".old-*"));
        Assert.True(File.Exists(Path.Combine(aside, "files", "a")));
        Assert.True(cache.IsInUse(digest));
        first.Dispose();
        Assert.False(cache.IsInUse(digest));
        Folders(long.MaxValue).RemoveLeftOvers();
        Assert.Equal([digest], Entries());
        second.Dispose();
    }

    [Fact]
    public async Task A_full_disk_is_told_with_the_remedy_and_leaves_nothing()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk needs root.");
        Shell($"mount -t tmpfs -o size=1m tmpfs {data}");
        try
        {
            var fault = (await Assert.ThrowsAsync<RunFaultException>(() => Cache().GetAsync(Add("a", 8 * Chunk), Ct))).Fault;

            Assert.Equal("disk_full", fault.Code);
            Assert.Contains("Bundles:MaxBytes", fault.Remedy, StringComparison.Ordinal);
            Assert.Empty(Entries());
        }
        finally
        {
            Shell($"umount {data}");
        }
    }

    private BundleCache Cache(long maxBytes = long.MaxValue) => new(new(peers.Channel()), Folders(maxBytes), NullLogger<BundleCache>.Instance);

    private BundleFolders Folders(long maxBytes) => new(
        Options.Create(new DataSettings { Directory = data }), Options.Create(new BundleSettings { MaxBytes = maxBytes }), NullLogger<BundleFolders>.Instance);

    /// <summary>A bundle of one file that no packing makes smaller.</summary>
    private string Add(string name, int bytes)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, TarEntryFormat.Gnu, leaveOpen: true))
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(RandomNumberGenerator.GetBytes(bytes)) });
        return peers.Bundles.Add(memory.ToArray());
    }

    private List<string> Entries() => Sorted([.. Directory.EnumerateDirectories(Path.Combine(data, "bundles")).Select(f => Path.GetFileName(f)!).Where(name => name != ".locks")]);

    private static List<string> Sorted(params string[] names) => [.. names.Order(StringComparer.Ordinal)];

    private static void Shell(string script)
    {
        using var shell = Process.Start("/bin/sh", ["-ec", script]);
        Assert.True(shell.WaitForExit(Patience) && shell.ExitCode == 0);
    }
}
