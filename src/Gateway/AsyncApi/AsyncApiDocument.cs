using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Platform.ServiceDefaults;

namespace Platform.Gateway.AsyncApi;

/// <summary>The AsyncAPI 3.0 document: the events as consumers of RabbitMQ and of GET /v1/events get them, with schemas made from the records that are published.</summary>
internal static class AsyncApiDocument
{
    private static readonly JsonSerializerOptions Published = new(PlatformJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        // They are written as numbers, whatever may be read.
        NumberHandling = JsonNumberHandling.Strict,
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Json { get; } = Make().ToJsonString(Indented) + "\n";

    public static void MapAsyncApi(this WebApplication app) => app.MapGet("/asyncapi.json", () => Results.Text(Json, "application/json")).ExcludeFromDescription();

    public static JsonNode SchemaOf(Type record) => Published.GetJsonSchemaAsNode(record, new() { TreatNullObliviousAsNonNullable = true });

    private static JsonObject Make()
    {
        var (channels, operations, messages, schemas) = (new JsonObject(), new JsonObject(), new JsonObject(), new JsonObject());
        foreach (var entry in EventCatalog.All)
        {
            schemas[entry.Type] = SchemaOf(entry.Example.GetType());
            messages[entry.Type] = Message(entry);
            channels[entry.Type] = Channel(entry);
            operations[$"publish.{entry.Type}"] = Operation(entry.Type, [entry.Type]);
        }

        var types = EventCatalog.All.Select(entry => entry.Type).ToList();
        schemas["cloudEventHeaders"] = Headers();
        schemas["cloudEvent"] = CloudEvent(types);
        messages["cloudEvent"] = new JsonObject
        {
            ["name"] = "cloudEvent", ["title"] = "An event of any type, as a CloudEvent in JSON", ["contentType"] = "application/cloudevents+json",
            ["payload"] = Reference("schemas", "cloudEvent"),
        };
        channels["stream"] = new JsonObject
        {
            ["address"] = "/v1/events", ["title"] = "Server-sent events",
            ["description"] = "GET with Accept: text/event-stream. id: is where to resume (Last-Event-ID), event: the type, data: the CloudEvent.",
            ["servers"] = new JsonArray(Pointer("#/servers/gateway")), ["messages"] = new JsonObject { ["cloudEvent"] = Reference("messages", "cloudEvent") },
            ["bindings"] = new JsonObject { ["http"] = new JsonObject() },
        };
        operations["stream"] = Operation("stream", ["cloudEvent"]);
        return new()
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Events of the connector platform", ["version"] = "1",
                ["description"] = "Delivery is at least once; the same event delivered twice has the same id. New members and new types may be added: ignore what you don't know.",
            },
            ["defaultContentType"] = "application/json",
            ["servers"] = new JsonObject
            {
                ["broker"] = new JsonObject { ["host"] = "127.0.0.1:5672", ["protocol"] = "amqp", ["protocolVersion"] = "0-9-1", ["description"] = "RabbitMQ; ./platform up tells where its address is kept." },
                ["gateway"] = new JsonObject { ["host"] = "127.0.0.1:5080", ["protocol"] = "http", ["description"] = "The platform's gateway; needs a bearer token with the scope events:read." },
            },
            ["channels"] = channels, ["operations"] = operations,
            ["components"] = new JsonObject { ["messages"] = messages, ["schemas"] = schemas },
        };
    }

    private static JsonObject Channel(EventCatalog.Entry entry) => new()
    {
        ["address"] = entry.Type + ".{connector}", ["description"] = $"Bind a queue of your own with {entry.Type}.#",
        ["servers"] = new JsonArray(Pointer("#/servers/broker")),
        ["parameters"] = new JsonObject { ["connector"] = new JsonObject { ["description"] = "The connector's name, dots in it as hyphens." } },
        ["messages"] = new JsonObject { [entry.Type] = Reference("messages", entry.Type) },
        ["bindings"] = new JsonObject
        {
            ["amqp"] = new JsonObject
            {
                ["is"] = "routingKey", ["bindingVersion"] = "0.3.0",
                ["exchange"] = new JsonObject { ["name"] = EventBroker.Exchange, ["type"] = "topic", ["durable"] = true, ["autoDelete"] = false, ["vhost"] = "/" },
            },
        },
    };

    private static JsonObject Message(EventCatalog.Entry entry) => new()
    {
        ["name"] = entry.Type, ["title"] = entry.Type, ["summary"] = entry.Summary, ["contentType"] = "application/json",
        ["headers"] = Reference("schemas", "cloudEventHeaders"), ["payload"] = Reference("schemas", entry.Type),
        ["examples"] = new JsonArray(new JsonObject
        {
            ["headers"] = new JsonObject
            {
                ["cloudEvents_specversion"] = "1.0", ["cloudEvents_id"] = "0199f0c6-0000-7000-8000-000000000001", ["cloudEvents_type"] = entry.Type,
                ["cloudEvents_source"] = entry.Source, ["cloudEvents_time"] = "2026-11-21T11:00:02.000000Z",
            },
            ["payload"] = JsonSerializer.SerializeToNode(entry.Example, entry.Example.GetType(), PlatformJson.Options),
        }),
    };

    private static JsonObject Operation(string channel, string[] messages) => new()
    {
        ["action"] = "send", ["channel"] = Pointer($"#/channels/{channel}"),
        ["messages"] = new JsonArray([.. messages.Select(message => Pointer($"#/channels/{channel}/messages/{message}"))]),
    };

    private static JsonObject Headers() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["cloudEvents_specversion"] = new JsonObject { ["const"] = "1.0" },
            ["cloudEvents_id"] = new JsonObject { ["type"] = "string", ["description"] = "The same whenever the same event is delivered." },
            ["cloudEvents_type"] = new JsonObject { ["type"] = "string" },
            ["cloudEvents_source"] = new JsonObject { ["type"] = "string" },
            ["cloudEvents_time"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            ["cloudEvents_traceparent"] = new JsonObject { ["type"] = "string", ["description"] = "Leads to the trace of the request that caused it." },
        },
        ["required"] = new JsonArray("cloudEvents_specversion", "cloudEvents_id", "cloudEvents_type", "cloudEvents_source", "cloudEvents_time"),
    };

    private static JsonObject CloudEvent(IReadOnlyList<string> types) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["specversion"] = new JsonObject { ["const"] = "1.0" }, ["id"] = new JsonObject { ["type"] = "string" },
            ["type"] = new JsonObject { ["type"] = "string", ["examples"] = new JsonArray([.. types.Select(type => JsonValue.Create(type))]) },
            ["source"] = new JsonObject { ["type"] = "string" }, ["time"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
            ["datacontenttype"] = new JsonObject { ["const"] = "application/json" },
            ["data"] = new JsonObject { ["type"] = "object", ["description"] = "As the payload of the message of that type." },
        },
        ["required"] = new JsonArray("specversion", "id", "type", "source", "time", "data"),
    };

    private static JsonObject Reference(string kind, string name) => Pointer($"#/components/{kind}/{name}");

    private static JsonObject Pointer(string pointer) => new() { ["$ref"] = pointer };
}
