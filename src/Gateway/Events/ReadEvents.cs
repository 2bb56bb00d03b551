using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Npgsql;
using Platform.Gateway.Limits;
using Platform.Gateway.Tokens;
using Platform.ServiceDefaults;

namespace Platform.Gateway.Events;

/// <summary>GET /v1/events: what happened and what happens, as server-sent events or as a page.</summary>
internal static class ReadEvents
{
    private const int PageBytes = 1024 * 1024;

    /// <summary>An event of a page: the CloudEvent, and the id by which to go on behind it.</summary>
    internal sealed record Item(long Id, System.Text.Json.JsonElement Event);

    public static void MapEvents(this WebApplication app) => app
        .MapGet("/v1/events", HandleAsync)
        .RequireTokenScopeSomewhere(EventFilter.Scope)
        .IsLong()
        .WithHeader(RequestHeader.LastEventId)
        .WithErrors("invalid_event_filter", "bad_event_position", "events_gone", "bad_limit", "bad_cursor")
        .Produces<Page<Item>>(contentType: "application/json", additionalContentTypes: "text/event-stream")
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(410).ProducesProblem(422).ProducesProblem(503)
        .WithTags("Events")
        .WithName("ReadEvents").WithSummary("The events of the last days and, as server-sent events (Accept: text/event-stream), those to come");

    /// <param name="types">Types of events, where * stands for any characters, such as sync.*; may be given several times.</param>
    /// <param name="connections">Names of connections that they are about; may be given several times.</param>
    /// <param name="after">The id of the last event that was seen; the header Last-Event-ID wins over it.</param>
    /// <param name="from">Without an id: <c>beginning</c>, all that are kept, or <c>now</c>. By default a stream begins now, and a page at the beginning.</param>
    /// <param name="limit">Of a page: 1 to 1,000, by default 100.</param>
    /// <param name="cursor">Of a page: the member next of the one before.</param>
    internal static async Task HandleAsync(
        HttpContext context, EventFeed feed, EventStore store, [FromQuery(Name = "type")] string[]? types, [FromQuery(Name = "connection")] string[]? connections,
        [FromQuery] string? after, [FromQuery] string? from, [FromQuery] int? limit, [FromQuery] string? cursor, CancellationToken cancel)
    {
        var filter = EventFilter.Of(types, connections, context.Features.GetRequiredFeature<ApiToken>().Held);
        var stream = context.Request.GetTypedHeaders().Accept.Any(accept => accept.MediaType == "text/event-stream");
        if (from is not (null or "beginning" or "now")) throw Errors.BadEventPosition("from", from, "beginning or now");
        var count = Limit.Parse(limit);
        EventStore.Extent extent;
        long position;
        try
        {
            extent = await store.ExtentAsync(cancel);
            var last = context.Request.Headers["Last-Event-ID"].ToString();
            var seen = Cursor.Decode(cursor, 1)?[0] ?? (last.Length > 0 ? last : after);
            position = seen is null or "" ? (from ?? (stream ? "now" : "beginning")) == "now" ? extent.Last : extent.Gone
                : long.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw Errors.BadEventPosition(last.Length > 0 ? "Last-Event-ID" : "after", seen, "the id of an event");
            if (position < extent.Gone || position > extent.Last) throw Errors.EventsGone(position, extent.Gone, extent.Last);
            if (!stream)
            {
                await WritePageAsync(context.Response, store, filter, position, extent.Last, count, cancel);
                return;
            }
        }
        catch (NpgsqlException)
        {
            throw Errors.EventsUnavailable();
        }

        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        try
        {
            await new EventStream(feed, store, filter, position).RunAsync(context.Response, cancel);
        }
        catch (Exception e) when (e is OperationCanceledException or NpgsqlException)
        {
            // The client is gone, or what it wants can't be read now: it comes again, with where it was.
        }
    }

    private static async Task WritePageAsync(HttpResponse response, EventStore store, EventFilter filter, long after, long upTo, int count, CancellationToken cancel)
    {
        if (await store.ReadAsync(filter, after, upTo, count, PageBytes, cancel) is not var (events, complete)) throw Errors.EventsGone(after, after + 1, upTo);
        var items = events.Select(e => new Item(e.Seq, System.Text.Json.JsonElement.Parse(e.Json))).ToList();
        var next = complete ? null : Cursor.Encode(items[^1].Id.ToString(CultureInfo.InvariantCulture));
        await response.WriteAsJsonAsync(new Page<Item>(items, next), PlatformJson.Options, cancel);
    }
}
