using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Platform.Ingest.Load;

/// <summary>Does a transaction again when that can help: a conflict a few times, a database that is away for a while.</summary>
internal sealed partial class Retries(IOptions<LoadOptions> options, TimeProvider time, ILogger<Retries> logger)
{
    private const int MaxConflicts = 8;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(2);

    /// <param name="work">A whole transaction; done again from its start, so it must stand being committed without an answer.</param>
    /// <exception cref="ServiceDefaults.ProblemException">503 database_unavailable.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            Exception error;
            try
            {
                return await work(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested && (IsConflict(e) || IsAway(e)))
            {
                error = e;
            }

            if (IsConflict(error) ? attempt > MaxConflicts : time.GetElapsedTime(started) > options.Value.RetryFor)
                throw Errors.DatabaseUnavailable(error);
            if (attempt == 1)
                Retrying(logger, error.Message);
            var delay = FirstDelay * Math.Min(1 << Math.Min(attempt, 10), MaxDelay / FirstDelay);
            await Task.Delay(delay * (0.5 + Random.Shared.NextDouble() / 2), time, cancellation);
        }
    }

    private static bool IsConflict(Exception e) => e is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.LockNotAvailable
    };

    // Connection exceptions, insufficient resources (disk full, too many sessions), shut down by an administrator or starting up,
    // system errors, a transaction that idled too long; and every failure that is not an answer of the server.
    private static bool IsAway(Exception e) => e switch
    {
        PostgresException answer => answer.SqlState is ['0', '8', ..] or ['5', '3', ..] or ['5', '7', 'P', ..] or ['5', '8', ..]
            || answer.SqlState == "25P03",
        NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException => true,
        _ => false,
    };

    [LoggerMessage(1, LogLevel.Warning, "The database refused or lost a transaction, trying again: {Reason}")]
    private static partial void Retrying(ILogger logger, string reason);
}
