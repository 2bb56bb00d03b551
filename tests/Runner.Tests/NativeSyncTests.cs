using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;

namespace Platform.Runner.Tests;

public sealed class NativeSyncTests(ScriptedConnectors scripted) : NativeTest(scripted)
{
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);
    private const string Begin = """{"stream_begin": {"stream": "s", "mode": "MODE_FULL"}}""";
    private const string Continued = """{"stream_begin": {"stream": "s", "mode": "MODE_CONTINUED"}}""";
    private const string End = """{"stream_end": {"stream": "s"}}""";

    private const string News = """{"stream_begin": {"stream": "news", "mode": "MODE_INCREMENTAL"}}""";
    private const string Rest = """
        {"stream_end": {"stream": "news"}}, {"progress": {"message": "nearly\ndone", "fraction": 0.9}}, {"log": {"level": "warn", "message": "slow"}},
        {"result": "first"}, {"result": "last"}
        """;

    private static string Page(string id, string stream = "s") => Message(new { page = new { stream, upserts = Objects(id) } });

    private static string State(string state, string stream = "s") => Message(new { state = new { stream, state = Encoding.UTF8.GetBytes(state) } });

    private static object Objects(string id, string metadata = "") => new { objects = new[] { new { remote_id = id, uri = "u:" + id, metadata } } };

    private static string Message(object message) => JsonSerializer.Serialize(message);

    [Fact]
    public async Task Pages_deletes_and_states_of_every_stream_reach_ingest_in_their_order()
    {
        var end = await SyncAsync(Script($$"""
            {{Begin}}, {{News}}, {{Page("1")}}, {{Page("2", "news")}},
            {{Message(new { page = new { stream = "news", deletes = Objects("4"), upserts = Objects("3") } })}},
            {{State("n3", "news")}}, {{Page("5")}}, {{State("s5")}}, {{End}}, {{Rest}}
            """));

        Assert.Equal(
            ["s+1", "news+2", "news+3", "news-4", "news=n3", "s+5", "s=s5"],
            bench.Peers.Ingest.Messages.Where(m => !m.Objects.IsEmpty || m.HasState).Select(m =>
                m.HasState ? $"{m.Stream}={m.State.ToStringUtf8()}" : $"{m.Stream}{(m.Deletes ? '-' : '+')}{Platform.Objects.V1.ObjectPage.Parser.ParseFrom(m.Objects).Objects.Single().RemoteId.ToStringUtf8()}"));
        Assert.Equal("u:3", bench.Peers.Ingest.Pages.SelectMany(p => p.Objects).Single(o => o.RemoteId.ToStringUtf8() == "3").Uri.ToStringUtf8());
        Assert.Equal(["s"], end.CompleteStreams);
        Assert.Equal("last", end.Result);
        Assert.Equal([("nearly done", 0.9)], bench.Progress);
        Assert.Contains(": slow", bench.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_stored_is_handed_over_unless_the_run_begins_anew()
    {
        bench.Peers.Ingest.States["a"] = ByteString.CopyFromUtf8("at 5");
        bench.Peers.Ingest.States["b"] = ByteString.CopyFromUtf8("at 7");
        var script = Script("", """ "tell_request": true, """);

        Assert.Equal("""{"states": {"a": "at 5", "b": "at 7"}, "streams": []}""", (await SyncAsync(script)).Result);
        Assert.Equal("""{"states": {"b": "at 7"}, "streams": ["b"]}""", (await SyncAsync(script, streams: ["b"])).Result);
        Assert.Equal("""{"states": {}, "streams": []}""", (await SyncAsync(script, fromStart: true)).Result);
        Assert.Equal([false, false, true], bench.Peers.Ingest.Opens.Select(o => o.StartOver));
    }

    [Fact]
    public async Task The_rest_of_a_listing_makes_its_stream_complete_and_its_states_are_those_of_a_listing()
    {
        bench.Peers.Ingest.States["s"] = ByteString.CopyFromUtf8("at 5");
        bench.Peers.Ingest.States["news"] = ByteString.CopyFromUtf8("at 7");
        bench.Peers.Ingest.Continuable.Add("s");

        var end = await SyncAsync(Script($"{Continued}, {News}, {Page("6")}, {State("s6")}, {State("n8", "news")}, {End}, {Rest}"));

        Assert.Equal(["s"], end.CompleteStreams);
        Assert.Equal([("s", true), ("news", false)], bench.Peers.Ingest.Messages.Where(m => m.HasState).Select(m => (m.Stream, m.Listing)));
        Assert.Equal(
            """{"continuable": ["s"], "states": {"news": "at 7", "s": "at 5"}, "streams": []}""",
            (await SyncAsync(Script("", """ "tell_request": true, """))).Result);
    }

    [Fact]
    public async Task Only_a_state_of_a_listing_of_the_same_run_can_be_gone_on_from_as_one()
    {
        bench.Peers.Ingest.States["s"] = ByteString.CopyFromUtf8("at 5");
        var script = Script($"{Continued}, {End}");

        Assert.Contains("is not continuable", (await FaultAsync(script)).Message, StringComparison.Ordinal);
        bench.Peers.Ingest.Continuable.Add("s");
        var fault = (await Assert.ThrowsAsync<RunFaultException>(() => SyncAsync(script, fromStart: true))).Fault;
        Assert.Equal("protocol_violation", fault.Code);
    }

    [Theory]
    [InlineData("""{"page": {"stream": "s", "upserts": {"objects": [{"remote_id": "1"}]}}}""", "a page of the stream \"s\", which has not begun")]
    [InlineData(Begin + "," + End + """, {"page": {"stream": "s"}}""", "a page of the stream \"s\", which has ended")]
    [InlineData(Begin + "," + Begin, "began the stream \"s\" twice")]
    [InlineData(Begin + "," + End + "," + Begin, "began the stream \"s\" twice")]
    [InlineData(End, "the end of the stream \"s\", which has not begun")]
    [InlineData("""{"state": {"stream": "t", "state": "eA=="}}""", "a state of the stream \"t\", which has not begun")]
    [InlineData(Begin, "without ending the stream \"s\"")]
    [InlineData("""{"stream_begin": {"stream": "s", "mode": 9}}""", "the mode 9")]
    [InlineData("""{"stream_begin": {"stream": "a\u0000b"}}""", "no NUL")]
    public async Task What_the_contract_forbids_fails_the_run_with_what_was_seen(string messages, string words)
    {
        var fault = await FaultAsync(Script(messages));

        Assert.Equal("protocol_violation", fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_names_large_states_and_streams_that_nobody_asked_for_are_forbidden_too()
    {
        Assert.Contains("255 bytes", (await FaultAsync(Script(Message(new { stream_begin = new { stream = new string('ü', 128) } })))).Message, StringComparison.Ordinal);
        Assert.Contains("a state of 1048577 bytes", (await FaultAsync(Script($"{Begin}, {State(new string('x', (1 << 20) + 1))}"))).Message, StringComparison.Ordinal);
        Assert.Contains("which was not asked for", (await FaultAsync(Script($"{Begin}, {End}"), streams: ["t"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_stream_that_is_not_ended_or_whose_run_fails_is_not_complete()
    {
        await FaultAsync(Script($"{Begin}, {Page("1")}, {End}", """ "status": ["INTERNAL", "the source said: quota exceeded"], """));

        var end = await SyncAsync(Script("""{"stream_begin": {"stream": "s", "mode": "MODE_UNSPECIFIED"}}, """ + End));
        Assert.Empty(end.CompleteStreams);
    }

    [Fact]
    public async Task The_connectors_own_error_fails_the_run_with_its_words_and_what_it_sent_before_is_kept()
    {
        // Nothing is committed before it is asked for.
        bench.Peers.Ingest.Holds = _ => true;

        var fault = await FaultAsync(Script($"{Begin}, {Page("1")}, {State("s1")}", """ "status": ["PERMISSION_DENIED", "the source said: quota exceeded"], """));

        Assert.Equal("sync_failed", fault.Code);
        Assert.True(bench.Peers.Ingest.Messages.Last().Flush);
        Assert.Contains("the source said: quota exceeded", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UNAVAILABLE", true)]
    [InlineData("PERMISSION_DENIED", false)]
    public async Task A_connector_that_lives_on_may_say_that_trying_again_helps(string status, bool transient)
    {
        var fault = await FaultAsync(Script(Begin, $$""" "status": ["{{status}}", "come back"], """));

        Assert.Equal(("sync_failed", transient), (fault.Code, fault.Transient));
    }

    [Fact]
    public async Task A_connector_that_dies_fails_the_run_with_its_last_words()
    {
        var fault = await FaultAsync(Script($"{Begin}, {Page("1")}", """ "exit": 3, "log": "dying", """));

        Assert.Equal("connector_exited", fault.Code);
        Assert.Contains("dying", fault.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_page_fails_the_run_although_the_connector_goes_on()
    {
        bench.Peers.Ingest.OnPage = _ => throw new RpcException(new(StatusCode.InvalidArgument, "not today"));

        var fault = await FaultAsync(Script($"{Begin}, {Page("1")}", """ "hang": true, """));

        Assert.Equal("page_refused", fault.Code);
    }

    [Fact]
    public async Task A_page_above_the_limit_fails_the_run()
    {
        var fault = await FaultAsync(Script($"{Begin}, {Page(new string('x', 200_000))}"), settings: new() { ["MaxMessageBytes"] = "100000" });

        Assert.Equal("message_too_large", fault.Code);
        Assert.Empty(bench.Peers.Ingest.Pages);
    }

    [Fact]
    public async Task A_connector_that_hangs_is_told_of_a_cancel_and_ended_within_five_seconds()
    {
        using var cancel = new CancellationTokenSource();
        var sync = SyncAsync(Script($"{Begin}, {Page("1")}", """ "hang": true, """), stop: cancel);
        await Wait.ForAsync("the first page", () => !bench.Peers.Ingest.Pages.IsEmpty, DriverBench.SyncTimeout);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync.WaitAsync(CancelLimit, TestContext.Current.CancellationToken));
        Assert.Contains("the call was cancelled", bench.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_that_takes_too_long_is_ended()
    {
        var fault = await FaultAsync(Script(Begin, """ "hang": true, """), settings: new() { ["SyncTimeoutSeconds"] = "1" });

        Assert.Equal("sync_timeout", fault.Code);
    }

    [Fact]
    public async Task A_slow_ingest_slows_the_connector()
    {
        using var gate = new ManualResetEventSlim();
        using var held = new ManualResetEventSlim();
        bench.Peers.Ingest.OnPage = page =>
        {
            if (page.Stream != "s")
                return;
            held.Set();
            gate.Wait();
        };

        var slow = SyncAsync(Hundred("s", "said"));
        try
        {
            await Wait.ForAsync("Ingest holds a page", () => held.IsSet, DriverBench.SyncTimeout);
            // As long as it takes to tell just as much, begun later.
            await SyncAsync(Hundred("free", "told"));

            Assert.Contains("told", bench.Log.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("said", bench.Log.Text, StringComparison.Ordinal);
        }
        finally
        {
            gate.Set();
        }

        await slow;
        Assert.Contains("said", bench.Log.Text, StringComparison.Ordinal);
        Assert.Equal(100, bench.Totals!.Pages);

        // Words of the options that are longer would be masked in the log.
        static string Hundred(string stream, string words)
        {
            // More than all buffers on the way hold together.
            var page = Message(new { repeat = 100, page = new { stream, upserts = Objects("1", new string('x', 1_000_000)) } });
            return Script($"{Message(new { stream_begin = new { stream } })}, {page}, {Message(new { stream_end = new { stream } })}", $""" "log": "{words}", """);
        }
    }
}
