using System.Text.Json;
using Microsoft.Extensions.Logging;
using Platform.Ndc;
using Platform.Runner.Drivers.Ndc.Servers;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>
/// One sync of a packaged connector: each collection that stands for a stream, page by page. Where its rows have a key that can be compared, each page goes on
/// after the last key: the listing is complete. Else pages are counted, and rows that move meanwhile may be missed: that is never taken for everything.
/// </summary>
internal sealed class CollectionSync(SyncWork work, PackageServer server, NdcSchema schema, int pageRows, NdcClient client)
{
    // Rows of an empty page, which ends the listing: a connector may give fewer rows than it was asked for.
    private const int End = 0;
    private static readonly TimeSpan LastPagesLimit = TimeSpan.FromSeconds(5);

    /// <param name="After">The key that the listing has come to, as stored with its pages.</param>
    private sealed record Position(IReadOnlyList<string> Key, JsonElement[] After);

    /// <exception cref="NdcException">The connector did not answer as it should.</exception>
    public async Task<SyncEnd> RunAsync(CancellationToken cancel)
    {
        var plans = Chosen().Select(c => CollectionPlan.Of(c, schema, server.Capabilities.IsFirstGeneration)).ToList();
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
                rows += await ListAsync(plans[i], pages, stop.Token);
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

    private async Task<long> ListAsync(CollectionPlan plan, PageLoad pages, CancellationToken stop)
    {
        var after = plan.ByKey ? Stored(plan, pages) : null;
        long rows = 0;
        using var fetching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var next = FetchAsync(plan, after, 0, fetching.Token);
        try
        {
            while (await next is { Rows.Count: > End } page)
            {
                rows += page.Rows.Count;
                if (plan.ByKey)
                    after = Advance(plan, after, page.Keys[^1]);
                // The next one is on its way while this one is.
                next = FetchAsync(plan, after, rows, fetching.Token);
                ReadOnlyMemory<byte>? state = after is null ? null : new(JsonSerializer.SerializeToUtf8Bytes(new Position(plan.Key, after)));
                await pages.SendAsync(plan.Collection, page.ToObjects(plan.Collection), state: state, listing: plan.ByKey, cancel: stop);
            }
        }
        finally
        {
            // Of a page that was refused, the next is not wanted.
            await fetching.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return rows;
    }

    private async Task<RowPage> FetchAsync(CollectionPlan plan, JsonElement[]? after, long offset, CancellationToken stop)
    {
        var page = RowPage.Read(await client.BytesAsync(HttpMethod.Post, "/query", plan.Request(pageRows, after, offset), stop), plan);
        return page.Rows.Count <= pageRows ? page
            : throw new NdcException(new(NdcFaults.BadAnswer, $"The connector gave {page.Rows.Count} rows of {plan.Collection}; it was asked for {pageRows}.", 200));
    }

    // What does not heed the predicate would be listed for ever.
    private static JsonElement[] Advance(CollectionPlan plan, JsonElement[]? before, JsonElement[] last) =>
        before is null || !before.Zip(last).All(k => k.First.GetRawText() == k.Second.GetRawText()) ? last
            : throw new NdcException(new(
                NdcFaults.BadAnswer, $"The connector gave the same rows of {plan.Collection} again when it was asked for those after {string.Join(", ", plan.Key)} of the last one.", 200));

    private JsonElement[]? Stored(CollectionPlan plan, PageLoad pages)
    {
        if (work.FromStart || pages.States.FirstOrDefault(s => s.Stream == plan.Collection && s.Continuable) is not { } stored)
            return null;
        try
        {
            var position = JsonSerializer.Deserialize<Position>(stored.State.Span);
            return position is { Key: not null, After: not null } && position.Key.SequenceEqual(plan.Key) && position.After.Length == plan.Key.Count ? position.After : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private IEnumerable<NdcCollection> Chosen()
    {
        var known = schema.Collections.Where(NdcSpecification.IsStream).ToList();
        var unknown = work.Streams.Where(s => known.All(c => c.Name != s)).ToList();
        if (unknown.Count > 0)
            throw new RunFaultException(new("unknown_stream",
                $"The connector has no collection {string.Join(", ", unknown)} that could be listed.", "Name others in the connection's streams: it may have another schema now."));
        return work.Streams.Count == 0 ? known : known.Where(c => work.Streams.Contains(c.Name));
    }
}
