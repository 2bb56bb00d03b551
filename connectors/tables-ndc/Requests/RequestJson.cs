using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Platform.Connectors.Tables.Requests;

/// <summary>Reads bodies by code that is made when the connector is built: reading the first one costs no start-up time.</summary>
[JsonSerializable(typeof(QueryRequest))]
[JsonSerializable(typeof(MutationRequest))]
[JsonSerializable(typeof(Expression))]
[JsonSerializable(typeof(JsonElement))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 200)]
internal sealed partial class RequestJson : JsonSerializerContext
{
    /// <exception cref="Problem">400: not JSON, or not of this shape; the message says where.</exception>
    public static T Read<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new Problem(400, "bad_request", "The body must be a JSON object, not null.");
        }
        // The second one: no type is said where there is a choice of them.
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new Problem(400, "bad_request", $"The body is no {typeof(T).Name} as the NDC specification 0.2 has it: {e.Message}");
        }
    }
}
