using Google.Protobuf;
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
    private readonly PageStream stream;
    private readonly SemaphoreSlim turn = new(1);
    private readonly TaskCompletionSource<RunFaultException> refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SignsOfLife life;
    private volatile bool isSealed;

    private PageLoad(IngestClient ingest, SignsOfLife life, CancellationToken cancel) =>
        (this.life, stream) = (life, new(ingest.Load(cancellationToken: cancel), Refuse));

    /// <summary>Ends with the reason once a page was not accepted; never fails.</summary>
    public Task<RunFaultException> Refused => refused.Task;

    /// <summary>What is committed so far.</summary>
    public LoadTotals Totals => stream.Totals;

    /// <summary>For how long the oldest page has waited for its answer; null: none waits.</summary>
    public TimeSpan? Unanswered => stream.Unanswered;

    /// <summary>The connector's state per stream as it was committed before this attempt, for a driver that goes on from there.</summary>
    public IReadOnlyList<StreamState> States { get; private set; } = [];

    /// <param name="heard">Hears of each page.</param>
    /// <exception cref="RunFaultException">Ingest is away, or refuses this writer.</exception>
    public static async Task<PageLoad> OpenAsync(IngestClient ingest, Open open, CancellationToken cancel, SignsOfLife? heard = null)
    {
        var life = heard ?? new();
        using var waiting = life.WaitForPlatform();
        var load = new PageLoad(ingest, life, cancel);
        try
        {
            load.States = (await load.stream.OpenAsync(open, cancel)).States;
            return load;
        }
        catch (Exception e)
        {
            load.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw LoadFault.Of(e);
        }
    }

    /// <summary>Returns once the page is committed.</summary>
    /// <param name="objects">A <c>platform.objects.v1.ObjectPage</c>, forwarded as it is.</param>
    /// <exception cref="RunFaultException">It was not accepted, or an earlier one was not.</exception>
    public Task AcceptAsync(string stream, ReadOnlyMemory<byte> objects) => InTurnAsync(
        s => s.WriteAndWaitAsync(new() { Stream = stream, Objects = UnsafeByteOperations.UnsafeWrap(objects), Flush = true }), CancellationToken.None);

    /// <summary>
    /// Returns once the page is written, which waits while much is still without an answer. Whether it is committed, <see cref="Totals"/>,
    /// <see cref="Refused"/>, <see cref="FlushAsync"/> and <see cref="SealAsync"/> tell.
    /// </summary>
    /// <param name="objects">As in <see cref="AcceptAsync"/>; they may be overwritten after this.</param>
    /// <param name="deletes">The objects are gone: of each only <c>remote_id</c> counts.</param>
    /// <param name="state">The connector's state once this page and all before it are stored, committed together with them.</param>
    /// <param name="listing">The state is one of a full listing that this run began.</param>
    /// <exception cref="RunFaultException">An earlier page was not accepted, or this one could not be written.</exception>
    public Task SendAsync(
        string stream, ReadOnlyMemory<byte> objects, bool deletes = false, ReadOnlyMemory<byte>? state = null, bool listing = false, CancellationToken cancel = default)
    {
        var page = new Page { Stream = stream, Objects = UnsafeByteOperations.UnsafeWrap(objects), Deletes = deletes, Listing = listing };
        if (state is { } bytes)
            page.State = UnsafeByteOperations.UnsafeWrap(bytes);
        return InTurnAsync(s => s.WriteAsync(page, cancel), cancel);
    }

    /// <summary>Returns once all that was sent is committed.</summary>
    /// <exception cref="RunFaultException">A page was not accepted.</exception>
    public Task FlushAsync(CancellationToken cancel = default) => InTurnAsync(s => s.FlushAsync(cancel), cancel);

    /// <summary>A page was refused before it came here, or no more may come. The first reason stays.</summary>
    public void Refuse(RunFaultException fault)
    {
        if (!isSealed)
            refused.TrySetResult(fault);
    }

    /// <summary>Waits for the pages that are being accepted; those after them are refused and no longer change the run. Never fails.</summary>
    public async Task SealAsync()
    {
        using var waiting = life.WaitForPlatform();
        await turn.WaitAsync();
        try
        {
            if (!refused.Task.IsCompleted)
                await stream.FlushAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            Refuse(LoadFault.Of(e));
        }
        finally
        {
            isSealed = true;
            turn.Release();
        }
    }

    public void Dispose() => stream.Dispose();

    private async Task InTurnAsync(Func<PageStream, Task> work, CancellationToken cancel)
    {
        using var waiting = life.HearPage();
        FaultPoints.Pass("page-received");
        await turn.WaitAsync(cancel);
        try
        {
            if (refused.Task.IsCompleted)
                throw await refused.Task;
            if (isSealed)
                throw Faults.PageRefused("the run has ended");
            await work(stream);
        }
        catch (Exception e)
        {
            cancel.ThrowIfCancellationRequested();
            var fault = LoadFault.Of(e);
            Refuse(fault);
            throw fault;
        }
        finally
        {
            turn.Release();
        }
    }
}
