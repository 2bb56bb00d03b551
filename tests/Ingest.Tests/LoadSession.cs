using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;

namespace Platform.Ingest.Tests;

/// <summary>A sender as Runner is one.</summary>
internal sealed class LoadSession : IDisposable
{
    /// <summary>For every answer of the service; only a hang takes this long.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly AsyncDuplexStreamingCall<LoadMessage, LoadReply> _call;
    private ulong _sequence;

    private LoadSession(AsyncDuplexStreamingCall<LoadMessage, LoadReply> call) => _call = call;

    /// <summary>What the connector may go on from, by stream.</summary>
    public IReadOnlyDictionary<string, string> States { get; private set; } = new Dictionary<string, string>();

    /// <summary>The streams whose listing may be gone on with.</summary>
    public IReadOnlyList<string> Continuable { get; private set; } = [];

    public static async Task<LoadSession> OpenAsync(IngestHost host, TestRun run, bool startOver = false, bool notifyChanges = false)
    {
        var session = Start(host);
        try
        {
            await session.SendAsync(new LoadMessage { Open = new() { Run = run.Identity, StartOver = startOver, NotifyChanges = notifyChanges } });
            var reply = await session.ReplyAsync();
            Assert.Equal(LoadReply.BodyOneofCase.Opened, reply.BodyCase);
            session.States = reply.Opened.States.ToDictionary(state => state.Stream, state => state.State.ToStringUtf8());
            session.Continuable = [.. reply.Opened.States.Where(state => state.Continuable).Select(state => state.Stream)];
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public static LoadSession Start(IngestHost host) =>
        new(host.Ingest.Load(IngestHost.Headers, cancellationToken: TestContext.Current.CancellationToken));

    public Task SendAsync(LoadMessage message) => _call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);

    public Task SendAsync(byte[] page, string stream = "", bool flush = false, bool deletes = false, string? state = null, bool listing = false)
    {
        var message = new Page { Sequence = ++_sequence, Stream = stream, Objects = UnsafeByteOperations.UnsafeWrap(page), Flush = flush, Deletes = deletes, Listing = listing };
        if (state is not null)
            message.State = ByteString.CopyFromUtf8(state);
        return SendAsync(new LoadMessage { Page = message });
    }

    public async Task<LoadReply> ReplyAsync()
    {
        Assert.True(await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(AnswerTimeout, TestContext.Current.CancellationToken), "the call ended");
        return _call.ResponseStream.Current;
    }

    /// <returns>The counts of the page with this number, which must be the next to be acknowledged.</returns>
    public async Task<Counts> AckAsync(ulong sequence)
    {
        var reply = await ReplyAsync();
        Assert.Equal(sequence, reply.Ack.Sequence);
        return reply.Ack.Counts;
    }

    /// <summary>Sends a page that wants its answer and waits for it.</summary>
    public async Task<Counts> LoadAsync(byte[] page, string stream = "", bool deletes = false, string? state = null, bool listing = false)
    {
        await SendAsync(page, stream, flush: true, deletes, state, listing);
        return await AckAsync(_sequence);
    }

    public Task CompleteAsync() => _call.RequestStream.CompleteAsync();

    /// <summary>Ends the sender's side; there must be nothing left to be answered.</summary>
    public async Task EndAsync()
    {
        await CompleteAsync();
        Assert.False(await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(AnswerTimeout, TestContext.Current.CancellationToken));
    }

    /// <returns>The problem that the service ends the call with.</returns>
    public Task<(StatusCode Status, string? Code)> FailureAsync() => Failure.OfAsync(() => ReplyAsync());

    public void Dispose() => _call.Dispose();
}

internal static class Failure
{
    public static async Task<(StatusCode Status, string? Code)> OfAsync(Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<RpcException>(call);
        return (error.StatusCode, ServiceDefaults.ProblemException.FromRpc(error)?.Problem.Code);
    }
}
