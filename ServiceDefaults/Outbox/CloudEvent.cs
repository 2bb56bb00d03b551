using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace Platform.ServiceDefaults;

/// <summary>An event as it goes over the wire: CloudEvents 1.0 in binary mode, AMQP binding with the prefix <c>cloudEvents_</c>.</summary>
internal sealed record CloudEvent(
    Guid Id, string RoutingKey, string Type, string Source, DateTimeOffset Time, string Body, string? TraceParent)
{
    public BasicProperties Properties(string? traceParent)
    {
        var headers = new Dictionary<string, object?>
        {
            ["cloudEvents_specversion"] = "1.0",
            ["cloudEvents_id"] = Id.ToString(),
            ["cloudEvents_type"] = Type,
            ["cloudEvents_source"] = Source,
            ["cloudEvents_time"] = Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
        };
        if (traceParent is not null)
            headers["cloudEvents_traceparent"] = traceParent;
        return new BasicProperties
        {
            MessageId = Id.ToString(),
            Type = Type,
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
            Headers = headers,
        };
    }

    public ReadOnlyMemory<byte> Content => Encoding.UTF8.GetBytes(Body);
}
