namespace Platform.ServiceDefaults;

/// <summary>An event on its way to the exchange <c>platform.events</c>.</summary>
/// <param name="Id">Stable across repetitions of the same change, so that consumers can drop duplicates; UUIDv7.</param>
/// <param name="Type">As in Contracts' EventTypes, such as <c>sync.completed</c>.</param>
/// <param name="Connector">Name of the connector that it concerns, last part of the routing key; null where there is none.</param>
/// <param name="Source">CloudEvents source, such as <c>/ingest/runs/{id}</c>.</param>
/// <param name="Body">A record of Contracts; becomes snake_case JSON.</param>
public sealed record OutboxEvent(Guid Id, string Type, string? Connector, string Source, object Body)
{
    /// <summary>AMQP allows 255 bytes. A dot in the connector's name would make two parts of it.</summary>
    internal string RoutingKey => Connector is null ? Type : $"{Type}.{Connector.Replace('.', '-')}";
}
