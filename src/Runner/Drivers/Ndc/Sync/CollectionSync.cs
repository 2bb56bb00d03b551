using System.Text.Json;
using Microsoft.Extensions.Logging;
using Platform.Ndc;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>
/// One sync of a packaged connector: each collection that stands for a stream, page by page. Where its rows have a key that can be compared, each page goes on
/// after the last key: the listing is complete. Else pages are counted, and rows that move meanwhile may be missed: that is never taken for everything. Nor
/// is what has changed, which is all that is asked for of a stream with a cursor once it has been listed.
/// </summary>
internal sealed class CollectionSync(SyncWork work, NdcSchema schema, bool firstGeneration, int pageRows, NdcClient client)
{
    private static readonly TimeSpan LastPagesLimit = TimeSpan.FromSeconds(5);

    /// <exception cref="NdcException">The connector did not answer as it should.</exception>
    public async Task<SyncEnd> RunAsync(CancellationToken cancel)
    {
        var plans = Chosen();
        var pages = await work.OpenPages(work.FromStart);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stop.CancelAfter(work.TotalLimit);
        List<string> complete = [];
        long rows = 0;
        try
        {
            for (var i = 0; i < plans.Count; i++)
            {
                work.OnProgress(plans[i].Collection, (double)i / plans.Count);
                var reading = new StreamReading(plans[i], pages, pageRows, client);
                var (stored, isContinuable) = Stored(plans[i], pages);
                if (plans[i].Cursor is { } cursor && !isContinuable && stored is { Passed: not null } or { Done: true, Value: not null })
                {
                    work.Launch.Output.Add(LogLevel.Information, $"Of the collection {plans[i].Collection} what has changed is read, by {cursor.Name}; what is gone is noticed by a run from the start.");
                    rows += await reading.ReadChangesAsync(stored, stop.Token);
                    continue;
                }

                rows += await reading.ListAsync(isContinuable ? stored : null, stop.Token);
                if (plans[i].ByKey)
                    complete.Add(plans[i].Collection);
                else
                    work.Launch.Output.Add(LogLevel.Warning, $"The collection {plans[i].Collection} has no key whose rows can be asked for in order: nothing that is gone from it is noticed.");
            }

            await pages.FlushAsync(stop.Token);
            await pages.SealAsync();
            return pages.Refused.IsCompleted ? throw await pages.Refused : new($"{rows} rows of {plans.Count} collections.", complete);
        }
        catch (NdcException)
        {
            await KeepAsync(pages, stop.Token);
            throw;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Faults.SyncTimeout(work.TotalLimit, withoutStdio: false);
        }
    }

    // What came before it failed has come: its position lets the next attempt go on from there.
    private static async Task KeepAsync(PageLoad pages, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(LastPagesLimit);
        await pages.FlushAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Where the stream stands, and whether that is in a listing that this run began.</summary>
    private (StreamPosition? Position, bool IsContinuable) Stored(CollectionPlan plan, PageLoad pages) =>
        !work.FromStart && pages.States.FirstOrDefault(s => s.Stream == plan.Collection) is { } stored && StreamPosition.Read(stored.State.Span, plan) is { } position
            ? (position, stored.Continuable) : default;

    private List<CollectionPlan> Chosen()
    {
        var known = schema.Collections.Where(NdcSpecification.IsStream).ToList();
        var unknown = work.Streams.Concat(work.Cursors.Keys).Distinct().Where(s => known.All(c => c.Name != s)).ToList();
        if (unknown.Count > 0)
            throw new RunFaultException(new("unknown_stream",
                $"The connector has no collection {string.Join(", ", unknown)} that could be listed.", "Name others in the connection's streams and cursors: it may have another schema now."));
        var plans = known.Select(c => CollectionPlan.Of(c, schema, firstGeneration)).ToList();
        var wrong = plans.Where(p => work.Cursors.TryGetValue(p.Collection, out var column) && p.Cursors.All(c => c.Name != column)).ToList();
        if (wrong.Count > 0)
            throw new RunFaultException(new("unknown_cursor", string.Join(" ", wrong.Select(p =>
                $"The stream {p.Collection} can't be read by {work.Cursors[p.Collection]}{(p.Cursors.Count == 0 ? ", nor by another column." : $"; it can be by {string.Join(", ", p.Cursors.Select(c => c.Name))}.")}")),
                "Name others in the connection's cursors: it may have another schema now."));
        return
        [
            .. plans.Where(p => work.Streams.Count == 0 || work.Streams.Contains(p.Collection))
                .Select(p => p with { Cursor = p.Cursors.FirstOrDefault(c => c.Name == work.Cursors.GetValueOrDefault(p.Collection)) }),
        ];
    }
}
