using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;

namespace Platform.ServiceDefaults;

/// <summary>
/// Names of schemas. The framework takes a type's own name, and a type within another has that of many: each route's Body would be the first one's.
/// </summary>
internal static class SchemaNames
{
    /// <summary>Null for what has no schema of its own, such as text and lists; and for a stream, which is text, and any JSON: "null or anything" would let null fit twice.</summary>
    public static string? Of(JsonTypeInfo type) =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(type) is null || (Nullable.GetUnderlyingType(type.Type) ?? type.Type) == typeof(JsonElement) || type.Type == typeof(Stream) || type.Type.Namespace == typeof(SseItem<>).Namespace
            ? null : Of(type.Type);

    // CreateToken.Body: CreateTokenBody. Page<ReadEvents.Item>: PageOfReadEventsItem.
    private static string Of(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value) return Of(value);
        var name = type.Name.Split('`')[0];
        if (type.IsGenericType) name = $"{name}Of{string.Concat(type.GenericTypeArguments.Select(Of))}";
        return type.DeclaringType is { } within ? within.Name + name : name;
    }
}
