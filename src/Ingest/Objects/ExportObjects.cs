using System.Buffers;
using System.ComponentModel;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Npgsql;
using Platform.ServiceDefaults;

namespace Platform.Ingest.Objects;

/// <summary>
/// <c>GET /v1/objects/export</c>: everything that a filter lets through, as PostgreSQL writes it. The bytes pass through one buffer;
/// where the client is slow, the database waits.
/// </summary>
internal sealed partial class ExportObjects(ExportDatabase database, ObjectFilters filters, IOptions<ObjectsOptions> options, ILogger<ExportObjects> logger)
{
    private const int BufferBytes = 128 << 10;

    /// <summary>A guess at when one of the others has ended.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _slots = new(options.Value.Exports);

    public async Task HandleAsync(ObjectQuery query, string? format, HttpContext context)
    {
        List<FieldError> errors = [];
        if (query.Connection is null)
            errors.Add(new("connection", "required", "An export is one connection's: name it with connection."));
        if (format is not (null or "ndjson" or "csv"))
            errors.Add(new("format", "unknown_value", "format is one of ndjson and csv."));
        var filter = await filters.ReadAsync(query, context.Caller(), context.RequestAborted, errors);
        if (!_slots.Wait(TimeSpan.Zero))
            throw Errors.TooManyExports(options.Value.Exports, RetryAfter);
        try
        {
            var kind = format == "csv" ? ExportFormat.Csv : ExportFormat.Ndjson;
            Describe(context.Response, kind, query.Connection!);
            await SendAsync(ExportStatement.Of(filter, kind), filter, context);
        }
        finally
        {
            _slots.Release();
        }
    }

    private static void Describe(HttpResponse response, ExportFormat format, string connection)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName($"{connection}.{(format == ExportFormat.Csv ? "csv" : "ndjson")}");
        response.Headers.ContentDisposition = disposition.ToString();
        response.ContentType = format == ExportFormat.Csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson";
        response.Headers.CacheControl = "no-store";
    }

    private async Task SendAsync(string statement, ObjectFilter filter, HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(options.Value.ExportTimeout);
        try
        {
            await CopyAsync(statement, context.Response, limit.Token);
        }
        catch (Exception e) when (context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            // An ending like any other would pass for the whole export: the client must see its connection break.
            LogBrokenOff(context.Request.Query["connection"].ToString(), e);
            context.Abort();
        }
        catch (Exception e) when (e is OperationCanceledException or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } && !context.RequestAborted.IsCancellationRequested)
        {
            throw Errors.ExportTimeout(options.Value.ExportTimeout);
        }
        catch (PostgresException e) when (filter.Path is not null && JsonPath.IsAboutPath(e))
        {
            throw Errors.BadJsonPath(e.MessageText);
        }
    }

    private async Task CopyAsync(string statement, HttpResponse response, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The times are a second line of defence: this side ends a copy by itself, unless it was killed.
        await using (var settings = new NpgsqlCommand($"""
            SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO';
            SET LOCAL statement_timeout = {(long)options.Value.ExportTimeout.TotalMilliseconds}; SET LOCAL client_connection_check_interval = '10s'
            """, connection))
            await settings.ExecuteNonQueryAsync(cancellation);
        await using var copy = await connection.BeginTextExportAsync(statement, cancellation);
        // The bytes themselves: decoding them to characters and back would cost more than the database does.
        var rows = (NpgsqlRawCopyStream)copy.BaseStream;
        rows.ReadTimeout = Timeout.Infinite;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int filled;
            do
            {
                filled = await rows.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
                await response.Body.WriteAsync(buffer.AsMemory(0, filled), cancellation);
            }
            while (filled == buffer.Length);
        }
        catch (Exception e) when (e is not PostgresException)
        {
            LeaveTheRest(rows);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Else closing would read all that is still to come first.</summary>
    private static void LeaveTheRest(NpgsqlRawCopyStream rows)
    {
        try
        {
            rows.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The cancellation that brought us here has ended it already.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The export of {Connection} was broken off")]
    private partial void LogBrokenOff(string connection, Exception exception);
}

internal static class ExportObjectsRoute
{
    public static void MapExportObjects(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/objects/export", (
                [AsParameters] ObjectQuery query, [Description("ndjson (default), as the list shows objects, or csv with a header.")] string? format,
                ExportObjects export, HttpContext context) => export.HandleAsync(query, format, context))
            .RequireScopeSomewhere("objects:read")
            .WithErrors("bad_json_path", "bad_query", "export_timeout", "too_many_exports", "unknown_connection").WithName("ExportObjects").WithSummary("The objects that filters let through, all in one answer").WithTags("Objects")
            .WithDescription("Every object of a connection that the filters let through, by key, with since by change. An export that is broken off ends with its connection.")
            .Produces<ObjectView>(contentType: "application/x-ndjson", additionalContentTypes: "text/csv")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);
}
