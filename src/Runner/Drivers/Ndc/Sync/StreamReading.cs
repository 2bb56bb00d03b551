using System.Text.Json;
using Platform.Ndc;
using Platform.Runner.Runs;

namespace Platform.Runner.Drivers.Ndc.Sync;

/// <summary>
/// Reads one collection into the load, all of it or what has changed, and stores with each page how far it has come. All calls throw
/// <see cref="NdcException"/> when the connector does not answer as it should.
/// </summary>
internal sealed class StreamReading(CollectionPlan plan, PageLoad pages, int pageRows, NdcClient client)
{
    // Rows of an empty page, which is the end: a connector may give fewer rows than it was asked for.
    private const int End = 0;

    /// <summary>
    /// All rows. With a cursor too this goes by the key: a row whose cursor falls while rows are read in the cursor's order would be passed over, and then be
    /// taken for gone.
    /// </summary>
    /// <param name="begun">Where this run's listing has come to; null: at its beginning.</param>
    /// <returns>How many came.</returns>
    public async Task<long> ListAsync(StreamPosition? begun, CancellationToken stop)
    {
        // Before the first row is read: what gets a value meanwhile is to be read again.
        var value = plan.Cursor is null ? null : begun?.After is null ? await LargestAsync(stop) : begun.Value;
        var position = new StreamPosition(plan.Key, Cursor: plan.Cursor?.Name, Value: value);
        var (rows, last) = await SendPagesAsync(
            plan.ByKey ? plan.Key : [], begun?.After, plan.ListingRequest, after => plan.ByKey ? position with { After = after } : null, listing: plan.ByKey, stop);
        // Still a state of this listing: another attempt of the run goes on with it, and has then listed everything too.
        if (plan.Cursor is not null)
            await SendPositionAsync(position with { After = last, Done = true }, listing: true, stop);
        return rows;
    }

    /// <summary>The rows whose cursor has risen since, or is the same as the largest then: one with that value may have come later.</summary>
    /// <param name="stored">Where the last reading has ended, or broke off.</param>
    /// <returns>How many came.</returns>
    public async Task<long> ReadChangesAsync(StreamPosition stored, CancellationToken stop)
    {
        var order = plan.CursorOrder.Select(c => c.Name).ToList();
        var since = stored.Value!.Value;
        var position = stored with { After = null, Done = false };
        // What broke off goes on from there; what has got a value meanwhile, lower ones than those that it has passed too, is within what is read next.
        var before = stored.Passed is null ? 0 : await ReadAsync(stored.Passed);
        position = position with { Value = await LargestAsync(stop) ?? since };
        var rows = before + await ReadAsync(null);
        await SendPositionAsync(position with { Passed = null, Done = true }, listing: false, stop);
        return rows;

        async Task<long> ReadAsync(JsonElement[]? after)
        {
            var at = position;
            return (await SendPagesAsync(order, after, (count, passed, _) => plan.ChangesRequest(count, since, passed), passed => at with { Passed = passed }, listing: false, stop)).Rows;
        }
    }

    /// <summary>The largest value of the cursor at this moment; null: there are no rows.</summary>
    private async Task<JsonElement?> LargestAsync(CancellationToken stop)
    {
        var rows = (await client.QueryAsync(plan.LargestRequest(), stop))[0].Rows;
        if (rows is { Count: 0 })
            return null;
        return rows is [{ ValueKind: JsonValueKind.Object } row] && row.TryGetProperty(plan.Cursor!.Name, out var value)
            && value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? value
            : throw Bad($"was not answered with one row that has a value of {plan.Cursor!.Name} when the largest one was asked for.");
    }

    /// <summary>Page after page, to the end.</summary>
    /// <param name="order">The columns that pages go on by; empty: they are counted.</param>
    /// <param name="request">Gets how many rows, the values of <paramref name="order"/> to begin after, and how many rows have come.</param>
    /// <param name="state">Where a page with these last values has come to; null: that is not known.</param>
    private async Task<(long Rows, JsonElement[]? Last)> SendPagesAsync(
        IReadOnlyList<string> order, JsonElement[]? after, Func<int, JsonElement[]?, long, byte[]> request, Func<JsonElement[], StreamPosition?> state, bool listing, CancellationToken stop)
    {
        int[] columns = [.. order.Select(column => plan.Read.ToList().IndexOf(column))];
        long rows = 0;
        using var fetching = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var next = FetchAsync();
        try
        {
            while (await next is { Rows.Count: > End } page)
            {
                rows += page.Rows.Count;
                if (columns.Length > 0)
                    after = Advance(order, after, [.. columns.Select(c => page.Values[^1][c])]);
                // The next one is on its way while this one is.
                next = FetchAsync();
                // Null bytes would be an empty state.
                var position = after is not null && state(after) is { } at ? at.ToBytes() : (ReadOnlyMemory<byte>?)null;
                await pages.SendAsync(plan.Collection, page.ToObjects(plan.Collection), state: position, listing: listing, cancel: stop);
            }
        }
        finally
        {
            // Of a page that was refused, the next is not wanted.
            await fetching.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (rows, after);

        async Task<RowPage> FetchAsync()
        {
            var page = RowPage.Read(await client.BytesAsync(HttpMethod.Post, "/query", request(pageRows, after, rows), fetching.Token), plan);
            return page.Rows.Count <= pageRows ? page : throw Bad($"was answered with {page.Rows.Count} rows; {pageRows} were asked for.");
        }
    }

    private Task SendPositionAsync(StreamPosition position, bool listing, CancellationToken stop) =>
        pages.SendAsync(plan.Collection, ReadOnlyMemory<byte>.Empty, state: position.ToBytes(), listing: listing, cancel: stop);

    // What does not heed the predicate would be read for ever.
    private JsonElement[] Advance(IReadOnlyList<string> order, JsonElement[]? before, JsonElement[] last) =>
        before is null || !before.Zip(last).All(k => k.First.GetRawText() == k.Second.GetRawText()) ? last
            : throw new NdcException(new(
                NdcFaults.BadAnswer,
                $"The connector gave the same rows of {plan.Collection} again when it was asked for those after {string.Join(", ", order)} of the last one: it does not heed predicates, or tells a value less exactly than it compares it.", 200));

    private NdcException Bad(string what) => new(new(NdcFaults.BadAnswer, $"The query of {plan.Collection} {what}", 200));
}
