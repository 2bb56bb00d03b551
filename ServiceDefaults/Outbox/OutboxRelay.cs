using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults;

/// <summary>
/// Publishes the rows of the outbox in the order of their numbers and deletes them after the broker's confirm. One relay per database works,
/// under a session lock; the others wait to take over. A crash between confirm and delete repeats at most one batch, with the same ids.
/// </summary>
internal sealed partial class OutboxRelay(string connectionString, EventBroker broker, ILogger<OutboxRelay> logger) : BackgroundService
{
    private const long LockKey = 0x6F75_7462_6F78; // "outbox"
    private const int BatchSize = 100;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    // What happens in the same moment goes together, and after the answer to whoever caused it.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ConfirmTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly Counter<long> Published = new Meter("Platform").CreateCounter<long>("platform.outbox.published", "{event}");

    // Its lock and LISTEN end with the connection, so none from a pool; the keepalive notices a server that went without a word.
    private readonly string connectionString =
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = 10, ApplicationName = "outbox relay" }.ConnectionString;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(connectionString);
                await OpenAsync(connection, stoppingToken);
                if (await TakeLockAsync(connection, stoppingToken))
                    await RelayAsync(connection, () => failures = 0, stoppingToken);
                else
                    await Task.Delay(Poll, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Once per outage: what is written meanwhile stays in the table.
                if (failures++ == 0)
                    LogInterrupted(e.Message);
                var pause = TimeSpan.FromMilliseconds(Math.Min(200 * Math.Pow(2, failures), LongestPause.TotalMilliseconds));
                await Task.Delay(pause * (0.75 + Random.Shared.NextDouble() / 2), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RelayAsync(NpgsqlConnection connection, Action working, CancellationToken cancellationToken)
    {
        await using var channel = await (await broker.ConnectAsync(cancellationToken)).CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        while (true)
        {
            var batch = await ReadAsync(connection, cancellationToken);
            // In their order on one channel, and then all confirms: the broker writes to its disk before each, for many as fast as for one.
            await Task.WhenAll(batch.Select(row => PublishAsync(channel, row.Event, cancellationToken)).ToList());
            if (batch.Count > 0)
            {
                FaultPoints.Pass("event-published");
                await DeleteAsync(connection, batch, cancellationToken);
            }

            working();
            if (batch.Count < BatchSize)
                await WaitAsync(connection, channel, cancellationToken);
        }
    }

    /// <summary>Returns after a NOTIFY or the poll interval.</summary>
    private static async Task WaitAsync(NpgsqlConnection connection, IChannel channel, CancellationToken cancellationToken)
    {
        if (await connection.WaitAsync(Poll, cancellationToken))
            await Task.Delay(Gathering, cancellationToken);
        if (!channel.IsOpen)
            throw new InvalidOperationException($"The channel to the broker was closed: {channel.CloseReason?.ReplyText}");
    }

    private static async Task PublishAsync(IChannel channel, CloudEvent cloudEvent, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConfirmTimeout);
        _ = ActivityContext.TryParse(cloudEvent.TraceParent, null, isRemote: true, out var parent);
        using var activity = PlatformActivity.Source.StartActivity($"publish {cloudEvent.Type}", ActivityKind.Producer, parent);
        activity?.SetTag("messaging.system", "rabbitmq");
        activity?.SetTag("messaging.message.id", cloudEvent.Id);
        try
        {
            // Returns once the broker has confirmed; a refusal or a lost channel throws.
            await channel.BasicPublishAsync(
                EventBroker.Exchange, cloudEvent.RoutingKey, mandatory: false,
                cloudEvent.Properties(activity?.Id ?? cloudEvent.TraceParent), cloudEvent.Content, deadline.Token);
        }
        catch (Exception e)
        {
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            throw;
        }
        Published.Add(1, new KeyValuePair<string, object?>("type", cloudEvent.Type));
    }

    private static async Task OpenAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var quiet = SuppressInstrumentationScope.Begin();
        await connection.OpenAsync(cancellationToken);
    }

    private static async Task<bool> TakeLockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var quiet = SuppressInstrumentationScope.Begin();
        await using var takeLock = new NpgsqlCommand("select pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = LockKey } } };
        if (await takeLock.ExecuteScalarAsync(cancellationToken) is not true)
            return false;
        await using var listen = new NpgsqlCommand($"listen {Outbox.Channel}", connection);
        await listen.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    private static async Task<List<(long Seq, CloudEvent Event)>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        using var quiet = SuppressInstrumentationScope.Begin();
        await using var select = new NpgsqlCommand(
            $"select seq, id, routing_key, type, source, time, body, traceparent from outbox order by seq limit {BatchSize}", connection);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var batch = new List<(long, CloudEvent)>();
        while (await reader.ReadAsync(cancellationToken))
            batch.Add((reader.GetInt64(0), new CloudEvent(
                reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                reader.GetFieldValue<DateTimeOffset>(5), reader.GetString(6), reader.IsDBNull(7) ? null : reader.GetString(7))));
        return batch;
    }

    private static async Task DeleteAsync(
        NpgsqlConnection connection, List<(long Seq, CloudEvent Event)> batch, CancellationToken cancellationToken)
    {
        using var quiet = SuppressInstrumentationScope.Begin();
        await using var delete = new NpgsqlCommand("delete from outbox where seq = any($1)", connection)
        {
            Parameters = { new() { Value = batch.Select(row => row.Seq).ToArray() } },
        };
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(1, LogLevel.Warning, "Events wait in the outbox until database and broker answer again: {Reason}")]
    private partial void LogInterrupted(string reason);
}
