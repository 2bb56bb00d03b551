using System.Globalization;

namespace Platform.Runner.Tests;

/// <summary>What a connector's code prints once it serves, with AutoMTLS and without.</summary>
public sealed class StdioTests(GoConnectors connectors) : IAsyncLifetime
{
    private const int LinesPerMegabyte = 32;
    private const int MinLineCharacters = 15_000;
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync();

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_mebibyte_printed_before_during_and_after_a_sync_and_at_the_very_end_arrives_whole(bool autoMtls)
    {
        var end = await bench.SyncAsync("""{"mode": "print"}""", SampleConnectors.Folder, SampleConnectors.Command + " print-around", autoMtls: autoMtls);

        Assert.Equal(30, bench.Peers.Ingest.Ids.Count);
        Assert.Equal("""{"mode":"print"}""", end.Result);
        foreach (var name in (string[])["before", "during", "after", "goodbye"])
            Assert.Equal(Enumerable.Range(1, LinesPerMegabyte), WholeLines(name));
    }

    [Fact]
    public async Task The_last_words_of_a_connector_that_exits_are_not_lost()
    {
        var fault = await bench.FaultAsync("""{"mode": "exit"}""", SampleConnectors.Folder, SampleConnectors.Command);

        Assert.Equal("connector_exited", fault.Code);
        Assert.Contains("the last words on standard error", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_of_an_old_go_plugin_may_print_what_a_pipe_holds()
    {
        await bench.SyncAsync("""{"mode": "print", "bytes": 60000}""", connectors.Crash, "./crash-go");

        Assert.Equal(10, bench.Peers.Ingest.Ids.Count);
    }

    [Fact]
    public async Task A_connector_of_an_old_go_plugin_that_prints_more_hangs_and_is_ended_by_the_deadline_of_the_sync()
    {
        var fault = await bench.FaultAsync(
            """{"mode": "print", "bytes": 100000}""", connectors.Crash, "./crash-go", new() { ["SyncTimeoutSeconds"] = "3" });

        Assert.Equal("sync_timeout", fault.Code);
        Assert.Contains("within 3 s", fault.Message, StringComparison.Ordinal);
        Assert.Contains("64 KiB", fault.Message, StringComparison.Ordinal);
        Assert.Contains("go-plugin 1.1.0 or newer", fault.Remedy, StringComparison.Ordinal);
        Assert.Equal(10, bench.Peers.Ingest.Ids.Count);
    }

    [Fact]
    public async Task A_connector_that_hangs_otherwise_is_ended_by_the_deadline_too()
    {
        var fault = await bench.FaultAsync(
            """{"mode": "hang"}""", SampleConnectors.Folder, SampleConnectors.Command, new() { ["SyncTimeoutSeconds"] = "3" });

        Assert.Equal("sync_timeout", fault.Code);
        Assert.DoesNotContain("64 KiB", fault.Message, StringComparison.Ordinal);
    }

    // Numbers of the lines of that name that came with all their characters, in the order of their arrival.
    private IEnumerable<int> WholeLines(string name) =>
        from line in bench.Log.Text.Split('\n')
        let start = line.IndexOf($": {name} ", StringComparison.Ordinal)
        where start >= 0
        let words = line[(start + 2)..].Split(' ')
        where words.Length == 3 && words[2].Length > MinLineCharacters
            && words[2].EndsWith(words[1], StringComparison.Ordinal) && words[2][..^words[1].Length].Replace("ü😀", "", StringComparison.Ordinal).Length == 0
        select int.Parse(words[1], CultureInfo.InvariantCulture);
}
