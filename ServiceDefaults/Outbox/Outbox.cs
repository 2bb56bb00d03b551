using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Platform.ServiceDefaults;

/// <summary>Events that must be published if, and only if, the transaction of their change commits.</summary>
public static class Outbox
{
    internal const string Channel = "outbox";

    /// <summary>Writes one event in the transaction of its change; the relay publishes it after the commit.</summary>
    public static Task AppendAsync(NpgsqlTransaction transaction, OutboxEvent outboxEvent, CancellationToken cancellationToken) =>
        AppendAsync(transaction, [outboxEvent], cancellationToken);

    /// <summary>Writes events in their order, in one round trip.</summary>
    public static async Task AppendAsync(
        NpgsqlTransaction transaction, IReadOnlyCollection<OutboxEvent> events, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        foreach (var e in events)
        {
            var routingKey = e.RoutingKey;
            if (Encoding.UTF8.GetByteCount(routingKey) > 255)
                throw new ArgumentException($"The routing key of event {e.Type} is longer than the 255 bytes of AMQP.", nameof(events));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "insert into outbox (id, routing_key, type, source, body, traceparent) values ($1, $2, $3, $4, $5, $6)")
            {
                Parameters =
                {
                    new NpgsqlParameter { Value = e.Id },
                    new NpgsqlParameter { Value = routingKey },
                    new NpgsqlParameter { Value = e.Type },
                    new NpgsqlParameter { Value = e.Source },
                    new NpgsqlParameter { Value = JsonSerializer.Serialize(e.Body, e.Body.GetType(), PlatformJson.Options) },
                    new NpgsqlParameter { Value = (object?)Activity.Current?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            });
        }
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"notify {Channel}"));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
