using System.Diagnostics;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Features;
using Npgsql;
using Platform.Gateway.Tokens;

namespace Platform.Gateway.Audit;

/// <summary>
/// Takes entries from requests and writes them, many in one transaction. Whoever adds one can wait until it is stored: what a caller has been
/// answered is in the log, even if the gateway is killed in the next moment. While the database is away entries wait here, within bounds, and are in the service's log too.
/// </summary>
internal sealed partial class AuditLog(AuditStore store, TimeProvider time, ILogger<AuditLog> logger) : BackgroundService
{
    private const int MaxWaiting = 10_000;
    private const int MaxBatch = 500;

    /// <summary>Nobody waits longer for an answer because the database is slow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PauseWhenAway = TimeSpan.FromSeconds(1);

    private readonly Channel<Waiting> waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <summary>Notes what the caller of this request has asked for. Returns once it is stored; after a moment, while the database is slow or away, without.</summary>
    /// <param name="code">Of the problem that it was answered with; null: none of the gateway's.</param>
    public async Task NoteAsync(HttpContext context, string method, string path, int status, string? code)
    {
        var token = context.Features.Get<ApiToken>();
        var entry = new AuditEntry(
            0, time.GetUtcNow().UtcDateTime, token?.Name, token?.Id, context.Connection.RemoteIpAddress?.ToString(), method,
            // PostgreSQL's text can't hold it.
            (path.Length > AuditEntry.MaxPath ? path[..AuditEntry.MaxPath] : path).Replace('\0', '\uFFFD'), status, code,
            (context.Features.Get<IHttpActivityFeature>()?.Activity ?? Activity.Current)?.TraceId.ToString());
        try
        {
            await AddAsync(entry).WaitAsync(Patience, time);
        }
        catch (TimeoutException)
        {
            // It is on its way, and in the service's log.
        }
    }

    /// <returns>Done once it is stored, or is lost, which is logged.</returns>
    private Task AddAsync(AuditEntry entry)
    {
        var added = new Waiting(entry, new(TaskCreationOptions.RunContinuationsAsynchronously));
        if (waiting.Writer.TryWrite(added)) return added.Stored.Task;
        LogLost(entry.Actor, entry.Method, entry.Path, entry.Status);
        return Task.CompletedTask;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What is still there is written before the database goes.
        waiting.Writer.TryComplete();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<Waiting>();
        while (await waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (batch.Count < MaxBatch && waiting.Reader.TryRead(out var next)) batch.Add(next);
            while (!await TryStoreAsync(batch) && !stoppingToken.IsCancellationRequested)
                await Task.Delay(PauseWhenAway, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var entry in batch) entry.Stored.TrySetResult();
            batch.Clear();
        }
    }

    private async Task<bool> TryStoreAsync(List<Waiting> batch)
    {
        try
        {
            await store.AddAsync([.. batch.Select(b => b.Entry)], CancellationToken.None);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            foreach (var (entry, _) in batch.Where(b => !b.Logged))
                LogWaits(entry.Actor, entry.Method, entry.Path, entry.Status, e.Message);
            foreach (var entry in batch) entry.Logged = true;
            return false;
        }
    }

    private sealed record Waiting(AuditEntry Entry, TaskCompletionSource Stored)
    {
        public bool Logged { get; set; }
    }

    [LoggerMessage(1, LogLevel.Error, "An entry of the audit log could not be stored and waits: {Actor} {Method} {Path} {Status}: {Reason}")]
    private partial void LogWaits(string? actor, string method, string path, int status, string reason);

    [LoggerMessage(2, LogLevel.Error, "An entry of the audit log is not stored, too many wait: {Actor} {Method} {Path} {Status}")]
    private partial void LogLost(string? actor, string method, string path, int status);
}
