using Platform.Runner.Drivers;
using Platform.Runner.Processes;

[assembly: AssemblyFixture(typeof(Platform.Runner.Tests.GoConnectors))]

namespace Platform.Runner.Tests;

/// <summary>The driver against real Go plugins, with every isolation that this machine has and with none.</summary>
public abstract class C1DriverTests(GoConnectors connectors, bool isolated) : IAsyncLifetime
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);
    private DriverBench bench = null!;

    public async ValueTask InitializeAsync() => bench = await DriverBench.StartAsync(isolated);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await bench.DisposeAsync();
    }

    [Fact]
    public async Task A_sync_brings_every_object_and_the_connectors_closing_words()
    {
        var end = await SyncAsync("""{"mode": "ok", "pages": 4, "objects": 25}""");

        Assert.Equal("""{"mode":"ok"}""", end.Result);
        Assert.Equal([""], end.CompleteStreams);
        Assert.Equal(100, bench.Peers.Ingest.Ids.Distinct().Count());
        Assert.Equal(4, bench.Peers.Ingest.Pages.Count);
        Assert.StartsWith(isolated ? "bwrap" : "process-group", bench.Isolation);
    }

    [Fact]
    public async Task Without_clean_a_run_is_no_full_listing() => Assert.Empty((await SyncAsync("""{"mode": "no-clean"}""")).CompleteStreams);

    [Fact]
    public async Task Without_clean_a_run_of_a_connection_that_says_so_is_a_full_listing() =>
        Assert.Equal([""], (await bench.SyncAsync("""{"mode": "no-clean"}""", connectors.Crash, "./crash-go", fullListing: true)).CompleteStreams);

    [Fact]
    public async Task The_files_below_a_folder_become_objects()
    {
        var end = await SyncAsync("""{"root": "/usr/share/doc/bash"}""", connectors.Files, "./files-go");

        var expected = Directory.EnumerateFiles("/usr/share/doc/bash", "*", SearchOption.AllDirectories)
            .Where(f => File.ResolveLinkTarget(f, false) is null).Select(f => Path.GetRelativePath("/usr/share/doc/bash", f)).Order(StringComparer.Ordinal);
        Assert.Equal(expected, bench.Peers.Ingest.Ids);
        Assert.Equal([""], end.CompleteStreams);
        Assert.Equal($$"""{"files":{{bench.Peers.Ingest.Ids.Count}}}""", end.Result);
    }

    [Fact]
    public async Task A_page_of_many_megabytes_passes()
    {
        await SyncAsync("""{"mode": "ok", "pages": 1, "objects": 8, "bytes": 2000000}""");

        Assert.Equal(8, bench.Peers.Ingest.Ids.Count);
    }

    [Theory]
    [InlineData("exit-before-handshake", "connector_exited", "code 2")]
    [InlineData("exit-zero", "connector_exited", "code 0")]
    [InlineData("wrong-handshake", "handshake_failed", "Listening on port 8080")]
    [InlineData("long-handshake", "handshake_failed", "longer than")]
    [InlineData("wrong-version", "unsupported_protocol_version", "version 7")]
    [InlineData("netrpc", "handshake_failed", "net/rpc")]
    [InlineData("no-handshake", "handshake_timeout", "within 2 s")]
    public async Task A_connector_that_does_not_start_as_a_plugin_says_why(string argument, string code, string words)
    {
        var fault = await FaultAsync("{}", command: $"./crash-go {argument}", settings: new() { ["StartTimeoutSeconds"] = argument == "no-handshake" ? "2" : "30" });

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        if (argument == "exit-before-handshake")
            Assert.Contains("could not open the licence file", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_was_never_built_is_named_with_what_to_do()
    {
        var fault = await FaultAsync("{}", command: "./missing --fast");

        Assert.Equal("program_missing", fault.Code);
        Assert.Contains("starts ./missing,", fault.Message, StringComparison.Ordinal);
        Assert.Contains("install_command", fault.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_connector_fails_the_run_with_its_words()
    {
        var fault = await FaultAsync("""{"mode": "error"}""");

        Assert.Equal("sync_failed", fault.Code);
        Assert.Contains("the source said: quota exceeded", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connector_that_dies_within_a_page_fails_the_run_with_its_last_words()
    {
        var fault = await FaultAsync("""{"mode": "crash-mid-page"}""");

        Assert.Equal("connector_exited", fault.Code);
        Assert.Contains("code 3", fault.Message, StringComparison.Ordinal);
        Assert.Contains("about to die", fault.Detail, StringComparison.Ordinal);
        Assert.True(bench.Peers.Ingest.Pages.Count >= 1);
    }

    [Fact]
    public async Task A_refused_page_fails_the_run_whatever_the_connector_returns_and_later_pages_are_refused_too()
    {
        bench.Peers.Ingest.OnPage = page =>
        {
            if (page.Sequence == 2)
                throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.InvalidArgument, "not today"));
        };

        var fault = await FaultAsync("""{"mode": "ignore-refusal", "pages": 5}""");

        Assert.Equal("page_refused", fault.Code);
        Assert.Contains("not today", fault.Message, StringComparison.Ordinal);
        Assert.Single(bench.Peers.Ingest.Pages);
    }

    [Fact]
    public async Task A_page_above_the_limit_fails_the_run_even_if_the_connector_ignores_the_refusal()
    {
        var fault = await FaultAsync("""{"mode": "ignore-refusal", "pages": 1, "bytes": 200000}""", settings: new() { ["MaxMessageBytes"] = "1000000" });

        Assert.Equal("message_too_large", fault.Code);
        Assert.Empty(bench.Peers.Ingest.Pages);
    }

    [Fact]
    public async Task An_ingest_that_goes_away_fails_the_run()
    {
        bench.Peers.Ingest.OnPage = _ => throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.Unavailable, "restarting"));

        Assert.Equal("ingest_unavailable", (await FaultAsync("""{"mode": "ok"}""")).Code);
    }

    [Fact]
    public async Task A_connector_that_hangs_is_ended_within_five_seconds_of_a_cancel()
    {
        using var cancel = new CancellationTokenSource();
        var sync = SyncAsync("""{"mode": "hang"}""", stop: cancel);
        await Wait.ForAsync("the first page", () => !bench.Peers.Ingest.Pages.IsEmpty, DriverBench.SyncTimeout);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync.WaitAsync(CancelLimit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_flood_of_output_is_drained_and_bounded()
    {
        await SyncAsync("""{"mode": "flood-stderr"}""");

        Assert.Contains("the last line", bench.Log.Text, StringComparison.Ordinal);
        Assert.True(bench.Log.Text.Length < 10 << 20);
    }

    [Fact]
    public async Task What_a_connector_forks_away_ends_with_its_run()
    {
        await SyncAsync("""{"mode": "fork-away"}""");

        Assert.NotEmpty(bench.Peers.Ingest.Ids);
    }

    [Fact]
    public async Task Pages_sent_after_the_end_are_refused_and_change_nothing()
    {
        await SyncAsync("""{"mode": "call-after-end"}""");

        Assert.Equal(bench.Totals!.Pages, bench.Peers.Ingest.Pages.Count);
    }

    [Fact]
    public async Task Memory_is_bounded()
    {
        var fault = await FaultAsync("""{"mode": "eat-memory"}""", settings: new() { ["MemoryLimitMegabytes"] = "150" });

        Assert.Equal("connector_out_of_memory", fault.Code);
    }

    [Fact]
    public async Task Options_appear_in_no_log_and_no_error()
    {
        var fault = await FaultAsync("""{"mode": "leak-error", "password": "s3cret-pass"}""");

        Assert.Contains("connecting with ***", bench.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-pass", bench.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-pass", new OptionMask("""{"password": "s3cret-pass"}""").Apply(fault).ToString(), StringComparison.Ordinal);
    }

    private Task<RunFault> FaultAsync(string options, string? command = null, Dictionary<string, string?>? settings = null) =>
        bench.FaultAsync(options, connectors.Crash, command ?? "./crash-go", settings);

    private Task<SyncEnd> SyncAsync(string options, string? bundle = null, string? command = null, CancellationTokenSource? stop = null) =>
        bench.SyncAsync(options, bundle ?? connectors.Crash, command ?? "./crash-go", stop: stop);
}

public sealed class C1DriverIsolatedTests(GoConnectors connectors) : C1DriverTests(connectors, isolated: true);

public sealed class C1DriverUnisolatedTests(GoConnectors connectors) : C1DriverTests(connectors, isolated: false);
