using Google.Protobuf;
using Platform.Servers;

namespace Platform.Runner.Tests.Ndc;

/// <summary>Collections as streams: how they are paged through, what is complete, and where a listing goes on.</summary>
public sealed class NdcSyncTests(ContainerEngineFixture engine, NdcPeer peer) : NdcTest(engine, peer)
{
    [Fact]
    public async Task A_collection_with_an_ordered_key_is_listed_whole_page_by_page_after_the_last_key()
    {
        // Fewer rows than asked for are not the end.
        var end = await SyncAsync("""{"ROWS":"2500","MOST_ROWS":"700"}""", streams: "people");

        Assert.Equal(["people"], end.CompleteStreams);
        Assert.Equal(Enumerable.Range(1, 2500).Select(i => $"{i}"), Ingest.Ids);
        var one = Ingest.Pages.First().Objects[0];
        Assert.Equal(("people", ""), (one.ResourceName.ToStringUtf8(), one.Uri.ToStringUtf8()));
        Assert.Equal("""{"friend":null,"id":1,"name":"person 1"}""", one.Metadata.ToStringUtf8());
        Assert.All(Ingest.Messages.Where(m => !m.Objects.IsEmpty), page => Assert.True(page.Listing && page.HasState));
    }

    [Fact]
    public async Task A_key_of_several_columns_is_joined_so_that_no_two_are_one()
    {
        Settings["Services:PageRows"] = "2";
        var end = await SyncAsync(streams: "pairs");

        Assert.Equal(["pairs"], end.CompleteStreams);
        Assert.Equal(["""[0,"x"]""", """[0,"y"]""", """[0,"z"]""", """[1,"x"]""", """[1,"y"]""", """[1,"z"]""", """[2,"x"]""", """[2,"y"]""", """[2,"z"]"""], Ingest.Ids);
    }

    [Fact]
    public async Task Without_an_order_of_its_key_a_collection_is_counted_through_and_never_complete()
    {
        Settings["Services:PageRows"] = "2";
        var end = await SyncAsync(streams: ["named", "notes"]);

        Assert.Empty(end.CompleteStreams);
        Assert.Equal(["0x", "0y", "0z", "1x", "1y", "1z", "2x", "2y", "2z"], Ingest.Pages.SelectMany(p => p.Objects).Where(o => o.ResourceName.ToStringUtf8() == "named").Select(o => o.RemoteId.ToStringUtf8()));
        // What has no key at all is called by what it is; a column that needs arguments is left out.
        var notes = Ingest.Pages.SelectMany(p => p.Objects).Where(o => o.ResourceName.ToStringUtf8() == "notes").ToList();
        Assert.Equal(["""{"text":"one"}""", """{"text":"two"}""", """{"text":"two"}"""], notes.Select(o => o.Metadata.ToStringUtf8()));
        Assert.Equal(2, notes.Select(o => o.RemoteId).Distinct().Count());
        Assert.All(Ingest.Messages, page => Assert.False(page.HasState));
        Assert.Contains("nothing that is gone from it is noticed", Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_generation_is_paged_by_its_own_words()
    {
        Settings["Services:PageRows"] = "100";
        Assert.Equal(["people"], (await SyncAsync("""{"ROWS":"250","GENERATION":"1"}""", streams: "people")).CompleteStreams);
        Assert.Equal(250, Ingest.Ids.Distinct().Count());
    }

    [Fact]
    public async Task All_streams_are_listed_where_none_is_chosen()
    {
        Assert.Equal(["people", "pairs"], (await SyncAsync("""{"ROWS":"3"}""")).CompleteStreams);
        Assert.Equal(3 + 9 + 9 + 3, Ingest.Ids.Count);
        Assert.Equal("unknown_stream", (await FaultAsync(() => SyncAsync(streams: "people_called"))).Code);
    }

    [Fact]
    public async Task A_listing_that_broke_off_goes_on_after_what_was_stored()
    {
        Settings["Services:PageRows"] = "100";
        const string Options = """{"ROWS":"500","FAIL_AFTER":"2","FAIL_HOW":"503"}""";
        var fault = await FaultAsync(() => SyncAsync(Options, streams: "people"));
        Assert.Equal(("connector_refused", true), (fault.Code, fault.Transient));
        var stored = Ingest.Messages.Last(m => m.HasState).State;
        var before = Ingest.Ids.Count;
        Assert.InRange(before, 1, 499);

        Ingest.States["people"] = stored;
        Ingest.Continuable.Add("people");
        var end = await SyncAsync("""{"ROWS":"500"}""", streams: "people");

        Assert.Equal(["people"], end.CompleteStreams);
        Assert.Equal(Enumerable.Range(1, 500).Select(i => $"{i}"), Ingest.Ids);
        // Another run's position, or one that it is told to forget, is none.
        await SyncAsync("""{"ROWS":"500"}""", fromStart: true, streams: "people");
        Assert.Equal(1000, Ingest.Ids.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData(""" "GENERATION":"1", """)]
    public async Task A_stream_with_a_cursor_is_listed_once_and_then_asked_for_what_has_changed(string options)
    {
        var cursors = new Dictionary<string, string> { ["people"] = "id" };
        Settings["Services:PageRows"] = "2";
        Assert.Equal(["people"], (await SyncAsync($$"""{ {{options}} "ROWS":"5"}""", false, cursors, "people")).CompleteStreams);
        var last = Ingest.Messages.Last(m => m.HasState);
        Assert.Equal(("""{"key":["id"],"after":[5],"cursor":"id","value":5,"done":true}""", true, 0), (last.State.ToStringUtf8(), last.Listing, last.Objects.Length));

        Ingest.States["people"] = last.State;
        var before = Ingest.Ids.Count;
        Assert.Empty((await SyncAsync($$"""{ {{options}} "ROWS":"8"}""", false, cursors, "people")).CompleteStreams);
        Assert.Equal(["5", "6", "7", "8"], Ingest.Ids.Skip(before));
        Assert.Equal(("""{"key":["id"],"cursor":"id","value":8,"done":true}""", false), Ingest.Messages.Last(m => m.HasState) is var end ? (end.State.ToStringUtf8(), end.Listing) : default);
    }

    [Fact]
    public async Task One_that_does_not_heed_predicates_is_not_listed_for_ever()
    {
        Settings["Services:PageRows"] = "10";
        var fault = await FaultAsync(() => SyncAsync("""{"ROWS":"50","IGNORE_PREDICATES":"1"}""", streams: "people"));

        Assert.Equal("bad_answer", fault.Code);
        Assert.Contains("same rows of people again", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("html", "bad_answer", "looks like HTML")]
    [InlineData("die", "connector_exited", "exited with code 3")]
    public async Task A_page_that_fails_fails_the_run_in_the_connector_s_words(string how, string code, string words)
    {
        Settings["Services:PageRows"] = "10";
        var fault = await FaultAsync(() => SyncAsync($$"""{"ROWS":"50","FAIL_AFTER":"2","FAIL_HOW":"{{how}}"}""", streams: "people"));

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_refused_ends_the_sync()
    {
        Settings["Services:PageRows"] = "10";
        Ingest.OnPage = _ => throw new Grpc.Core.RpcException(new(Grpc.Core.StatusCode.InvalidArgument, "no such page"));

        Assert.Equal("page_refused", (await FaultAsync(() => SyncAsync(streams: "people"))).Code);
    }
}
