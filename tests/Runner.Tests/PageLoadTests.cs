using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Platform.Ingest.V1;
using Platform.Objects.V1;
using Platform.Runner.Runs;

namespace Platform.Runner.Tests;

/// <summary>The way of the pages to Ingest: those that wait for their commit and those that do not.</summary>
public sealed class PageLoadTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);
    private Peers peers = null!;
    private GrpcChannel channel = null!;
    private PageLoad load = null!;

    public async ValueTask InitializeAsync()
    {
        peers = await Peers.StartAsync();
        peers.Ingest.States["s"] = ByteString.CopyFromUtf8("so far");
        channel = peers.Channel();
        load = await PageLoad.OpenAsync(
            new(channel), new Open { Run = new() { RunId = Guid.CreateVersion7().ToString() }, StartOver = true, NotifyChanges = true }, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        load.Dispose();
        channel.Dispose();
        await peers.DisposeAsync();
    }

    [Fact]
    public void The_committed_states_are_there_once_the_load_is_open()
    {
        var state = Assert.Single(load.States);
        Assert.Equal(("s", "so far"), (state.Stream, state.State.ToStringUtf8()));
        var open = Assert.Single(peers.Ingest.Opens);
        Assert.True(open.StartOver && open.NotifyChanges);
    }

    [Fact]
    public async Task Sent_pages_do_not_wait_for_their_commit_and_a_flush_waits_for_all()
    {
        peers.Ingest.Holds = _ => true;

        foreach (var id in (string[])["a", "b", "c"])
            await load.SendAsync("", Objects(id), cancel: TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, load.Totals.Pages);
        await load.FlushAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal((3, 3, 3 * Objects("a").Length), (load.Totals.Pages, load.Totals.Counts.Received, load.Totals.Bytes));
        Assert.Equal(["a", "b", "c"], peers.Ingest.Ids);
        Assert.Equal([false, false, false, true], peers.Ingest.Messages.Select(p => p.Flush));
    }

    [Fact]
    public async Task A_flush_with_nothing_underway_sends_nothing()
    {
        await load.AcceptAsync("", Objects("a"));

        await load.FlushAsync(TestContext.Current.CancellationToken);

        Assert.True(Assert.Single(peers.Ingest.Messages).Flush);
    }

    [Fact]
    public async Task Deletes_and_state_go_along_with_their_page()
    {
        await load.SendAsync("s", Objects("a"), deletes: true, state: Encoding.UTF8.GetBytes("further"), cancel: TestContext.Current.CancellationToken);
        await load.SendAsync("s", default, state: ReadOnlyMemory<byte>.Empty, cancel: TestContext.Current.CancellationToken);
        await load.SendAsync("s", Objects("b"), cancel: TestContext.Current.CancellationToken);
        await load.FlushAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);

        var sent = peers.Ingest.Messages.Take(3).ToList();
        Assert.All(sent, page => Assert.Equal("s", page.Stream));
        Assert.Equal([true, false, false], sent.Select(p => p.Deletes));
        Assert.Equal([true, true, false], sent.Select(p => p.HasState));
        Assert.Equal(["further", "", ""], sent.Select(p => p.State.ToStringUtf8()));
    }

    [Fact]
    public async Task The_first_refusal_fails_the_run_although_nobody_waits_for_it()
    {
        peers.Ingest.Holds = _ => true;
        peers.Ingest.OnPage = page =>
        {
            if (page.Sequence == 2)
                throw new RpcException(new(StatusCode.InvalidArgument, "not today"));
        };

        await load.SendAsync("", Objects("a"), cancel: TestContext.Current.CancellationToken);
        await load.SendAsync("", Objects("b"), cancel: TestContext.Current.CancellationToken);

        var fault = (await load.Refused.WaitAsync(Limit, TestContext.Current.CancellationToken)).Fault;
        Assert.Equal("page_refused", fault.Code);
        Assert.Contains("not today", fault.Message, StringComparison.Ordinal);
        foreach (var later in (Func<Task>[])[() => load.SendAsync("", Objects("c")), () => load.AcceptAsync("", Objects("c")), () => load.FlushAsync()])
            Assert.Same(fault, (await Assert.ThrowsAsync<RunFaultException>(later)).Fault);
        Assert.Equal(0, load.Totals.Pages);
    }

    [Fact]
    public async Task Sealing_waits_for_what_was_sent_and_later_pages_change_nothing()
    {
        peers.Ingest.Holds = _ => true;
        await load.SendAsync("", Objects("a"), cancel: TestContext.Current.CancellationToken);

        await load.SealAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal(1, load.Totals.Pages);
        Assert.Equal("page_refused", (await Assert.ThrowsAsync<RunFaultException>(() => load.SendAsync("", Objects("b"), cancel: TestContext.Current.CancellationToken))).Fault.Code);
        Assert.False(load.Refused.IsCompleted);
    }

    [Fact]
    public async Task Sealing_tells_that_a_sent_page_was_refused()
    {
        peers.Ingest.OnPage = page => throw new RpcException(new(StatusCode.Unavailable, "restarting"));
        await load.SendAsync("", Objects("a"), cancel: TestContext.Current.CancellationToken);

        await load.SealAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal("ingest_unavailable", (await load.Refused.WaitAsync(Limit, TestContext.Current.CancellationToken)).Fault.Code);
    }

    [Fact]
    public async Task A_load_that_ends_while_nothing_is_underway_harms_only_a_further_page()
    {
        peers.Ingest.Ends = _ => true;

        await load.AcceptAsync("", Objects("a"));
        await load.FlushAsync(TestContext.Current.CancellationToken);

        Assert.False(load.Refused.IsCompleted);
        Assert.Equal("ingest_unavailable", (await Assert.ThrowsAsync<RunFaultException>(() => load.AcceptAsync("", Objects("b")))).Fault.Code);
        Assert.True(load.Refused.IsCompleted);
    }

    [Fact]
    public async Task The_end_of_a_load_refuses_only_what_is_underway()
    {
        foreach (var sent in (bool[])[false, true])
        {
            // Its reader goes on within the writer's step, so that what it does at the end has happened after it.
            var replies = Channel.CreateUnbounded<LoadReply>(new() { AllowSynchronousContinuations = true });
            List<RunFaultException> refusals = [];
            using var call = new AsyncDuplexStreamingCall<LoadMessage, LoadReply>(
                new NoRequests(), new Replies(replies.Reader), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
            using var stream = new PageStream(call, refusals.Add);
            replies.Writer.TryWrite(new() { Opened = new() });
            await stream.OpenAsync(new(), CancellationToken.None);
            if (sent)
                await stream.WriteAsync(new(), CancellationToken.None);

            replies.Writer.Complete();

            Assert.Equal(sent ? ["ingest_unavailable"] : [], refusals.Select(r => r.Fault.Code));
        }
    }

    [Fact]
    public async Task A_page_waits_while_too_many_bytes_are_underway()
    {
        var underway = new PagesUnderway();
        underway.Add(1, (int)PagesUnderway.MaxBytes - 10, counts: true);
        underway.Add(2, 5, counts: true);

        Assert.True(underway.WaitForRoomAsync(5, CancellationToken.None).IsCompletedSuccessfully);
        var waiting = underway.WaitForRoomAsync(6, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        underway.Next(1).Answered(null);

        await waiting.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_page_larger_than_all_the_room_goes_alone()
    {
        var underway = new PagesUnderway();
        underway.Add(1, 1, counts: true);

        var waiting = underway.WaitForRoomAsync((int)PagesUnderway.MaxBytes + 1, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        underway.Next(1).Answered(null);

        await waiting.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_page_waits_while_too_many_pages_are_underway()
    {
        var underway = new PagesUnderway();
        for (var sequence = 1u; sequence <= PagesUnderway.MaxPages; sequence++)
            underway.Add(sequence, 0, counts: true);

        using var cancel = new CancellationTokenSource();
        var waiting = underway.WaitForRoomAsync(0, cancel.Token);
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static ReadOnlyMemory<byte> Objects(string id) =>
        new ObjectPage { Objects = { new Platform.Objects.V1.Object { RemoteId = ByteString.CopyFromUtf8(id) } } }.ToByteArray();

    private sealed class NoRequests : IClientStreamWriter<LoadMessage>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(LoadMessage message) => Task.CompletedTask;

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class Replies(ChannelReader<LoadReply> replies) : IAsyncStreamReader<LoadReply>
    {
        public LoadReply Current { get; private set; } = new();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!await replies.WaitToReadAsync(cancellationToken))
                return false;
            Current = await replies.ReadAsync(cancellationToken);
            return true;
        }
    }
}
