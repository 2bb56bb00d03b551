using System.Diagnostics;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;

namespace Platform.Benchmarks.Plugins;

/// <summary>An Ingest within this process that only counts: pages take the Runner's own way up to the last step.</summary>
internal sealed class CountingIngest : CallInvoker
{
    private readonly Channel<LoadReply> replies = Channel.CreateUnbounded<LoadReply>();
    private long first;
    private long last;

    public long Objects { get; private set; }

    public long ObjectsAfterFirstPage { get; private set; }

    public TimeSpan FirstToLastPage => Stopwatch.GetElapsedTime(first, last);

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options) => new(
            (IClientStreamWriter<TRequest>)(object)new Pages(this), (IAsyncStreamReader<TResponse>)(object)new Replies(replies.Reader),
            Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw NoOther(method);

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw NoOther(method);

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw NoOther(method);

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw NoOther(method);

    private static InvalidOperationException NoOther(IMethod method) => new($"A sync calls Load alone, not {method.Name}.");

    private void Take(LoadMessage message)
    {
        if (message.Page is not { } page)
        {
            replies.Writer.TryWrite(new() { Opened = new() });
            return;
        }

        last = Stopwatch.GetTimestamp();
        var objects = Count(page.Objects);
        if (Objects == 0)
            first = last;
        else
            ObjectsAfterFirstPage += objects;
        Objects += objects;
        replies.Writer.TryWrite(new() { Ack = new() { Sequence = page.Sequence, Counts = new() { Received = objects } } });
    }

    // ObjectPage { repeated DataObject objects = 1 }: the objects themselves stay unread, as they do in the Runner.
    private static long Count(ByteString page)
    {
        var reader = page.CreateCodedInput();
        var count = 0L;
        for (; reader.ReadTag() != 0; count++)
            reader.SkipLastField();
        return count;
    }

    private sealed class Pages(CountingIngest ingest) : IClientStreamWriter<LoadMessage>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(LoadMessage message)
        {
            ingest.Take(message);
            return Task.CompletedTask;
        }

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class Replies(ChannelReader<LoadReply> replies) : IAsyncStreamReader<LoadReply>
    {
        public LoadReply Current { get; private set; } = new();

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            Current = await replies.ReadAsync(cancellationToken);
            return true;
        }
    }
}
