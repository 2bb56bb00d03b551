using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Runner.Logs;

/// <summary>
/// Stores the lines of all runs and invocations of this replica behind their backs, several at a time. With the database away they wait in
/// memory, at most <see cref="MaxWaitingBytes"/> of all together.
/// </summary>
internal sealed partial class LogWriter(LogStore store, IOptions<LogSettings> options, ILogger<LogWriter> logger) : BackgroundService
{
    public const long MaxWaitingBytes = 64L << 20;
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AwayPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWriteLimit = TimeSpan.FromSeconds(3);

    private readonly Channel<SubjectLog> announced = Channel.CreateUnbounded<SubjectLog>();
    private long waitingBytes;

    /// <param name="goesOn">It may have lines already, of an earlier attempt: they count against its bounds.</param>
    public async Task<SubjectLog> OpenAsync(Guid subject, bool goesOn, CancellationToken cancel)
    {
        var before = new LogUse();
        try
        {
            if (goesOn)
                before = await store.UseAsync(subject, cancel);
        }
        catch (NpgsqlException)
        {
            // Then this attempt has bounds of its own.
        }

        return new(subject, options.Value, before, store, this);
    }

    public void Announce(SubjectLog log) => announced.Writer.TryWrite(log);

    /// <summary>False when too much waits already.</summary>
    public bool TryHold(int bytes)
    {
        if (Interlocked.Read(ref waitingBytes) + bytes > MaxWaitingBytes)
            return false;
        Hold(bytes);
        return true;
    }

    public void Hold(int bytes) => Interlocked.Add(ref waitingBytes, bytes);

    public void Release(int bytes) => Interlocked.Add(ref waitingBytes, -bytes);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LastWriteLimit);
        await WriteAnnouncedAsync(limit.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var away = false;
        try
        {
            while (await announced.Reader.WaitToReadAsync(stoppingToken))
            {
                // Meanwhile more lines come, which are stored together.
                await Task.Delay(away ? AwayPause : Gathering, stoppingToken);
                var reason = await WriteAnnouncedAsync(stoppingToken);
                if (reason is not null && !away)
                    Log.Waiting(logger, reason);
                away = reason is not null;
            }
        }
        catch (OperationCanceledException)
        {
            // StopAsync stores the rest.
        }
    }

    // Null, or why something was not stored; it is announced again.
    private async Task<string?> WriteAnnouncedAsync(CancellationToken cancel)
    {
        string? reason = null;
        for (var left = announced.Reader.Count; left > 0 && announced.Reader.TryRead(out var log); left--)
        {
            log.Taken();
            try
            {
                await log.WriteAsync(cancel);
            }
            catch (Exception e)
            {
                reason = e.Message;
                Announce(log);
            }
        }

        return reason;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Log lines of runs can't be stored and wait: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}
