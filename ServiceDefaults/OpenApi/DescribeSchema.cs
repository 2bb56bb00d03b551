using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Platform.ServiceDefaults;

/// <summary>Makes a type's schema say what is written, where the framework says what could be read.</summary>
internal sealed class DescribeSchema : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        // They are read from text as well, which nobody should rely on; clients made from the document would have to handle both.
        if (schema.Type is { } type && (type.HasFlag(JsonSchemaType.Integer) || type.HasFlag(JsonSchemaType.Number)))
        {
            schema.Type = type & ~JsonSchemaType.String;
            schema.Pattern = null;
        }
        foreach (var property in context.JsonTypeInfo.Properties)
        {
            if (property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true) is [JsonIgnoreAttribute { Condition: JsonIgnoreCondition.WhenWritingNull }])
                schema.Required?.Remove(property.Name);
            // Null for us, who name all that is missing at once; for a caller it has to be there.
            if (property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true)
            {
                (schema.Required ??= new HashSet<string>()).Add(property.Name);
                if (schema.Properties?[property.Name] is OpenApiSchema member) member.Type &= ~JsonSchemaType.Null;
            }
        }
        return Task.CompletedTask;
    }
}
