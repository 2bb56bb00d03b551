using Grpc.Core;
using Platform.Ingest.V1;

namespace Platform.Ingest.Tests.Model;

/// <summary>A way into the service, and how it was configured.</summary>
/// <param name="BatchRows">Load:BatchRows</param>
/// <param name="MaxObjectBytes">Load:MaxObjectBytes</param>
internal sealed record Replica(V1.Ingest.IngestClient Client, Metadata Headers, int BatchRows = 10_000, int MaxObjectBytes = 64 << 20);

/// <summary>One call of Load, and what is known of it.</summary>
internal sealed class Sender : IDisposable
{
    /// <summary>For every answer of the service; only a hang takes this long.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly AsyncDuplexStreamingCall<LoadMessage, LoadReply> _call;

    public Sender(Replica replica, TestRun run)
    {
        (Replica, Run) = (replica, run);
        _call = replica.Client.Load(replica.Headers, cancellationToken: TestContext.Current.CancellationToken);
    }

    public Replica Replica { get; }
    public TestRun Run { get; }
    public List<SentPage> Sent { get; } = [];
    public List<Counts> Acked { get; } = [];

    /// <summary>What became of the pages that are committed, as the model has it.</summary>
    public List<Counts> Committed { get; } = [];

    /// <summary>The call is over, one way or another.</summary>
    public bool Ended { get; private set; }

    public async Task<Opened> OpenAsync(bool startOver, bool notify)
    {
        await WriteAsync(new() { Open = new() { Run = Run.Identity, StartOver = startOver, NotifyChanges = notify } });
        return (await ReadAsync())?.Opened ?? throw new InvalidOperationException("The call ended without an answer to Open.");
    }

    public async Task SendAsync(SentPage page)
    {
        Sent.Add(page);
        await WriteAsync(page.ToMessage(Sent.Count));
    }

    /// <summary>Reads acks until so many pages are acknowledged.</summary>
    public async Task AckedAsync(int pages)
    {
        while (Acked.Count < pages)
        {
            var ack = (await ReadAsync())?.Ack ?? throw new InvalidOperationException("The call ended before the last ack.");
            if (ack.Sequence != (ulong)Acked.Count + 1)
                throw new InvariantException("I1", $"the ack of page {ack.Sequence} came after that of {Acked.Count}");
            Acked.Add(ack.Counts);
        }
    }

    /// <summary>Ends the sender's side when all is acknowledged.</summary>
    public async Task EndAsync()
    {
        await AckedAsync(Sent.Count);
        await _call.RequestStream.CompleteAsync();
        if (await ReadAsync() is { } more)
            throw new InvariantException("I1", $"after the last ack came {more}");
        Ended = true;
    }

    /// <summary>As a caller that dies: nobody reads an answer any more.</summary>
    public void Break()
    {
        Ended = true;
        _call.Dispose();
    }

    public void Dispose() => _call.Dispose();

    private async Task WriteAsync(LoadMessage message)
    {
        try
        {
            await _call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The service has ended the call; why, the next read tells.
        }
    }

    private async Task<LoadReply?> ReadAsync()
    {
        try
        {
            return await _call.ResponseStream.MoveNext(TestContext.Current.CancellationToken).WaitAsync(AnswerTimeout, TestContext.Current.CancellationToken)
                ? _call.ResponseStream.Current
                : null;
        }
        catch (RpcException)
        {
            Ended = true;
            throw;
        }
    }
}
