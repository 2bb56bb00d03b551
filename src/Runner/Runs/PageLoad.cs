using Google.Protobuf;
using Grpc.Core;
using Platform.Ingest.V1;
using Platform.ServiceDefaults;
using IngestClient = Platform.Ingest.V1.Ingest.IngestClient;

namespace Platform.Runner.Runs;

/// <summary>
/// The pages of one attempt on their way to Ingest. The first page that is not accepted fails the run for good:
/// <see cref="Refused"/> says why, and every later page is refused with it.
/// </summary>
internal sealed class PageLoad : IDisposable
{
    private readonly AsyncDuplexStreamingCall<LoadMessage, LoadReply> call;
    private readonly SemaphoreSlim turn = new(1);
    private readonly TaskCompletionSource<RunFaultException> refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile LoadTotals totals = new(new Counts(), 0, 0);
    private ulong sequence;
    private bool isSealed;

    private PageLoad(AsyncDuplexStreamingCall<LoadMessage, LoadReply> call) => this.call = call;

    /// <summary>Ends with the reason once a page was not accepted; never fails.</summary>
    public Task<RunFaultException> Refused => refused.Task;

    /// <summary>What is committed so far.</summary>
    public LoadTotals Totals => totals;

    /// <exception cref="RunFaultException">Ingest is away, or refuses this writer.</exception>
    public static async Task<PageLoad> OpenAsync(IngestClient ingest, RunIdentity run, CancellationToken cancel)
    {
        var load = new PageLoad(ingest.Load(cancellationToken: cancel));
        try
        {
            await load.call.RequestStream.WriteAsync(new LoadMessage { Open = new Open { Run = run } }, cancel);
            _ = await load.ReadAsync();
            return load;
        }
        catch (Exception e)
        {
            load.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw Fault(e);
        }
    }

    /// <summary>Returns once the page is committed.</summary>
    /// <param name="objects">A <c>platform.objects.v1.ObjectPage</c>, forwarded as it is.</param>
    /// <exception cref="RunFaultException">It was not accepted, or an earlier one was not.</exception>
    public async Task AcceptAsync(string stream, ReadOnlyMemory<byte> objects)
    {
        await turn.WaitAsync();
        try
        {
            if (refused.Task.IsCompleted)
                throw await refused.Task;
            if (isSealed)
                throw Faults.PageRefused("the run has ended");
            var page = new Page { Sequence = ++sequence, Stream = stream, Objects = UnsafeByteOperations.UnsafeWrap(objects), Flush = true };
            await call.RequestStream.WriteAsync(new LoadMessage { Page = page });
            var reply = await ReadAsync();
            if (reply.Ack is not { } ack || ack.Sequence != sequence)
                throw new InvalidOperationException($"Ingest answered page {sequence} with {reply.BodyCase}.");
            totals = totals.Plus(ack.Counts ?? new Counts(), objects.Length);
        }
        catch (Exception e)
        {
            var fault = Fault(e);
            if (!isSealed)
                Refuse(fault);
            throw fault;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>A page was refused before it came here, or no more may come. The first reason stays.</summary>
    public void Refuse(RunFaultException fault)
    {
        if (!isSealed)
            refused.TrySetResult(fault);
    }

    /// <summary>Waits for the page that is being accepted; those after it are refused and no longer change the run.</summary>
    public async Task SealAsync()
    {
        await turn.WaitAsync();
        isSealed = true;
        turn.Release();
    }

    public void Dispose() => call.Dispose();

    private async Task<LoadReply> ReadAsync() =>
        await call.ResponseStream.MoveNext(CancellationToken.None)
            ? call.ResponseStream.Current
            : throw Faults.IngestUnavailable("it ended the load early");

    private static RunFaultException Fault(Exception e) => e switch
    {
        RunFaultException fault => fault,
        RpcException { StatusCode: StatusCode.ResourceExhausted } rpc => Faults.PageRefused(rpc.Status.Detail),
        RpcException rpc when ProblemException.FromRpc(rpc)?.Problem is { } problem => problem.Code switch
        {
            "stale_fence" => Faults.StaleFence(),
            _ when problem.Status is >= 400 and < 500 => Faults.PageRefused($"{problem.Detail} ({problem.Code})"),
            _ => Faults.IngestUnavailable($"{problem.Detail} ({problem.Code})"),
        },
        RpcException { StatusCode: StatusCode.InvalidArgument or StatusCode.FailedPrecondition } rpc => Faults.PageRefused(rpc.Status.Detail),
        RpcException rpc => Faults.IngestUnavailable(rpc.Status.Detail),
        _ => Faults.IngestUnavailable(e.Message),
    };
}

/// <param name="Bytes">Of the pages as they came.</param>
internal sealed record LoadTotals(Counts Counts, long Pages, long Bytes)
{
    public LoadTotals Plus(Counts more, long bytes)
    {
        var sum = Counts.Clone();
        sum.Received += more.Received;
        sum.Inserted += more.Inserted;
        sum.Updated += more.Updated;
        sum.Unchanged += more.Unchanged;
        sum.Deleted += more.Deleted;
        sum.Rejected += more.Rejected;
        sum.Superseded += more.Superseded;
        sum.Swept += more.Swept;
        return new(sum, Pages + 1, Bytes + bytes);
    }
}
