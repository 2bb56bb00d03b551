using System.IO.Compression;
using System.Text.Json;
using Google.Protobuf;

namespace Platform.Runner.Tests;

/// <summary>connectors/files as its users have it, by both of its protocols.</summary>
public sealed class NativeFilesTests : IAsyncLifetime
{
    private const string Command = "./files";
    private readonly string root = Directory.CreateTempSubdirectory("native-files-").FullName;
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync()
    {
        bench = await DriverBench.StartAsync(isolated: false);
        File.WriteAllText(root + "/a.txt", "a");
        File.WriteAllText(root + "/b.txt", "bb");
        File.WriteAllText(root + "/c.txt", "ccc");
    }

    public async ValueTask DisposeAsync()
    {
        await bench.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task The_first_run_sends_everything_and_the_next_what_has_changed()
    {
        var first = await SyncAsync();
        Assert.Equal([""], first.CompleteStreams);
        Assert.Equal("""{"files":3,"sent":3,"gone":0}""", first.Result);
        Remember();
        File.WriteAllText(root + "/b.txt", "changed");
        File.Delete(root + "/c.txt");
        File.WriteAllText(root + "/d.txt", "new");

        var second = await SyncAsync();

        Assert.Empty(second.CompleteStreams);
        Assert.Equal("""{"files":3,"sent":2,"gone":1}""", second.Result);
        Assert.Equal(["+b.txt", "+d.txt", "-c.txt"], Told());

        Remember();
        Assert.Equal("""{"files":3,"sent":0,"gone":0}""", (await SyncAsync()).Result);
        Remember();
        Assert.Equal([""], (await SyncAsync(fromStart: true)).CompleteStreams);
    }

    [Fact]
    public async Task The_next_attempt_of_a_first_run_goes_on_with_its_listing_and_another_run_begins_anew()
    {
        await SyncAsync();
        bench.Peers.Ingest.States[""] = ByteString.CopyFrom(Partial("a.txt", "gone.txt"));
        bench.Peers.Ingest.Messages.Clear();

        var anew = await SyncAsync();
        Assert.Equal("""{"files":3,"sent":3,"gone":0}""", anew.Result);
        Assert.Equal([""], anew.CompleteStreams);
        bench.Peers.Ingest.Messages.Clear();

        bench.Peers.Ingest.Continuable.Add("");
        var rest = await SyncAsync();
        Assert.Equal("""{"files":3,"sent":2,"gone":1}""", rest.Result);
        Assert.Equal(["+b.txt", "+c.txt", "-gone.txt"], Told());
        Assert.Equal([""], rest.CompleteStreams);
    }

    [Fact]
    public async Task It_says_what_it_takes_brings_and_can_do()
    {
        var specification = (await bench.DescribeAsync(SampleConnectors.Folder, Command)).Specification!;

        Assert.Equal("files", specification.Name);
        Assert.Equal(["root"], specification.Parameters.Select(p => p.Name));
        Assert.True(specification.Parameters[0].IsRequired);
        Assert.True(specification.Streams.Single().Incremental);
        Assert.Equal(["largest", "rehash"], specification.Actions.Select(a => a.Name).Order());
        Assert.Equal("10", specification.Actions.Single(a => a.Name == "largest").Parameters.Single().Default);
        Assert.All(specification.Actions, a => Assert.False(a.Mutates));
    }

    [Fact]
    public async Task It_checks_its_root()
    {
        Assert.True(Assert.Single(await bench.CheckAsync(Options, SampleConnectors.Folder, Command)).Passed);
        var failed = Assert.Single(await bench.CheckAsync("""{"root": "/no/such/folder"}""", SampleConnectors.Folder, Command));
        Assert.Equal(("root", false), (failed.Name, failed.Passed));
        Assert.NotNull(failed.Hint);
    }

    [Fact]
    public async Task Its_actions_hash_one_file_and_list_the_largest()
    {
        var hashed = await bench.InvokeAsync("rehash", """{"path": "a.txt"}""", Options, SampleConnectors.Folder, Command);
        Assert.Equal("ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", Json(hashed.Result!).GetProperty("sha256").GetString());

        var largest = await bench.InvokeAsync("largest", """{"count": 2}""", Options, SampleConnectors.Folder, Command);
        Assert.Equal(["c.txt", "b.txt"], Json(largest.Result!).EnumerateArray().Select(f => f.GetProperty("path").GetString()!));

        File.CreateSymbolicLink(root + "/link", "/etc/passwd");
        foreach (var path in new[] { "missing", "../etc/passwd", "link", "/etc/passwd" })
        {
            var refused = (await bench.InvokeAsync("rehash", $$"""{"path": "{{path}}"}""", Options, SampleConnectors.Folder, Command)).Error!;
            Assert.Equal(("no_such_file", "path"), (refused.Code, refused.Violations.Single().Field));
        }
    }

    private string Options => $$"""{"root": "{{root}}"}""";

    private Task<Drivers.SyncEnd> SyncAsync(bool fromStart = false) => bench.SyncAsync(Options, SampleConnectors.Folder, Command, fromStart: fromStart);

    // As it was saved when no more than these had been sent.
    private byte[] Partial(params string[] paths)
    {
        var files = paths.ToDictionary(path => path, path => (long[])[File.GetLastWriteTimeUtc($"{root}/{path}").Ticks, 1]);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            JsonSerializer.Serialize(gzip, new { Root = root, Files = files, Partial = true });
        return packed.ToArray();
    }

    // As Ingest would: what was sent as the state last is there for the next run.
    private void Remember()
    {
        bench.Peers.Ingest.States[""] = bench.Peers.Ingest.Messages.Last(m => m.HasState).State;
        bench.Peers.Ingest.Messages.Clear();
    }

    private IEnumerable<string> Told() => bench.Peers.Ingest.Messages.Where(m => !m.Objects.IsEmpty)
        .SelectMany(m => Objects.V1.ObjectPage.Parser.ParseFrom(m.Objects).Objects.Select(o => (m.Deletes ? "-" : "+") + o.RemoteId.ToStringUtf8()));

    private static JsonElement Json(byte[] text) => JsonDocument.Parse(text).RootElement;
}
