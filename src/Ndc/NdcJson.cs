using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Platform.Ndc;

/// <summary>JSON as the NDC specification has it: snake_case names, absent rather than null, unknown members ignored, since later versions add some.</summary>
public static class NdcJson
{
    /// <summary>A parameter of a record without a default is a member that has to be there.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        // Nothing of it gets into HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
