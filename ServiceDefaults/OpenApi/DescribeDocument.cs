using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Platform.ServiceDefaults;

/// <summary>Completes what takes the whole document: the one schema of all problems (RFC 9457 with this platform's members), what bodies may leave out, examples of answers.</summary>
internal sealed class DescribeDocument : IOpenApiDocumentTransformer
{
    public const string ProblemName = "Problem";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var schemas = (document.Components ??= new()).Schemas ??= new Dictionary<string, IOpenApiSchema>();
        // The framework's own, which no route answers with.
        schemas.Remove("ProblemDetails");
        schemas[ProblemName] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "RFC 9457 problem details. Some codes have further members.",
            Required = new HashSet<string> { "type", "title", "status", "detail", "code" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Text("urn:platform:problem: and the code."),
                ["title"] = Text("What happened, the same words for every occurrence of the code."),
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
                ["detail"] = Text("This occurrence: which thing, where."),
                ["code"] = Text("Stable; programs may branch on it."),
                ["remedy"] = Text("What to do.", optional: true),
                ["errors"] = new OpenApiSchema
                {
                    Type = JsonSchemaType.Array | JsonSchemaType.Null,
                    Description = "Every field that is wrong, all at once.",
                    Items = new OpenApiSchema
                    {
                        Type = JsonSchemaType.Object,
                        Properties = new Dictionary<string, IOpenApiSchema> { ["field"] = Text("Its path in the body."), ["code"] = Text("Stable."), ["message"] = Text("What is wrong, and what would be right.") },
                    },
                },
                ["trace_id"] = Text("Of the request, for the logs.", optional: true),
            },
            Examples =
            [
                JsonNode.Parse("""
                    {"type": "urn:platform:problem:insufficient_scope", "title": "The token's scopes do not allow this", "status": 403, "detail": "The scope runs:start is needed.",
                     "code": "insufficient_scope", "remedy": "Use a token with the scope runs:start.", "trace_id": "0af7651916cd43dd8448eb211c80319c"}
                    """)!,
            ],
        };
        var operations = document.Paths.SelectMany(path => path.Value.Operations?.Values.Select(operation => (Path: path.Key, Operation: operation)) ?? []).ToList();
        foreach (var (path, operation) in operations)
            foreach (var (status, response) in operation.Responses ?? [])
                if (status[0] == '2')
                    foreach (var (type, answer) in response.Content ?? new Dictionary<string, OpenApiMediaType>())
                        answer.Example ??= Examples.Of(type, answer.Schema, path, schemas);
        foreach (var (_, operation) in operations)
            foreach (var body in operation.RequestBody?.Content?.Values.ToList() ?? [])
            {
                LeaveOutNulls(body.Schema, []);
                body.Example ??= Examples.Of(body.Schema);
            }
        return Task.CompletedTask;
    }

    /// <summary>Of a body a member that may be null may be absent, whether or not answers of the same type always have it.</summary>
    private static void LeaveOutNulls(IOpenApiSchema? schema, HashSet<IOpenApiSchema> seen)
    {
        if (schema is OpenApiSchemaReference reference) schema = reference.Target;
        if (schema is null || !seen.Add(schema)) return;
        foreach (var (name, member) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            if (Examples.IsNullable(member)) schema.Required?.Remove(name);
            LeaveOutNulls(member, seen);
        }
        LeaveOutNulls(schema.Items, seen);
        foreach (var choice in schema.OneOf ?? []) LeaveOutNulls(choice, seen);
    }

    private static OpenApiSchema Text(string description, bool optional = false) =>
        new() { Type = optional ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String, Description = description };
}
