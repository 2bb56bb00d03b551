using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Connectors;

/// <summary>How options, arguments, results and states are written as JSON: snake_case names, enumerations as words, durations as text like 1h30m.</summary>
internal static class ConnectorJson
{
    /// <summary>For what a user gives: nothing missing, nothing unknown.</summary>
    public static readonly JsonSerializerOptions Strict = new(Create())
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>For what the connector itself wrote or writes.</summary>
    public static readonly JsonSerializerOptions Lenient = Create();

    public static string Name(string member) => JsonNamingPolicy.SnakeCaseLower.ConvertName(member);

    private static JsonSerializerOptions Create() => new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new DurationConverter() },
    };

    private sealed class DurationConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Duration.Parse(reader.GetString() ?? "") ?? throw new JsonException("Expected a duration such as 1h30m or 300ms.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Duration.Format(value));
    }
}
