using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Platform.Oms;
using Platform.ServiceDefaults;

namespace Platform.Runner.Drivers.Oms;

/// <summary>POST /v1/oms/check: what a service description offers, and what is odd about it. Nothing is installed, kept or called.</summary>
internal static class CheckDescription
{
    private const string Json = "application/json";

    /// <param name="Document">The YAML.</param>
    internal sealed record Body([property: Required] string? Document);

    public static void MapOmsCheck(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/oms/check", HandleAsync)
        .WithTags("Connectors")
        .RequireScope("connectors:read").WithExample("""{"document": "oms: 1\ninfo:\n  version: 1.0.0\n  title: Greeter\n"}""")
        // Whatever else the type says, the body is YAML: curl says that it is a form.
        .Accepts<Body>(Json, "application/yaml", "*/*")
        .Produces<OmsReport>()
        .ProducesProblem(400).ProducesProblem(413).ProducesProblem(422)
        .WithSummary("Show what a service description offers, and what is odd about it")
        .WithDescription("The body is the YAML itself, at most 1 MiB, or JSON with it as the text of \"document\".");

    private static async Task<OmsReport> HandleAsync(HttpContext context, CancellationToken cancel)
    {
        // The service's own limit of a body bounds it.
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancel);
        var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
        try
        {
            return OmsReport.Of(OmsReader.Read("oms.yml", context.Request.HasJsonContentType() ? DocumentOf(bytes) : bytes));
        }
        catch (OmsFormatException e)
        {
            throw new ProblemException(new(
                e.Code, e.Code == "too_large" ? 413 : 422, "The service description can't be read", e.Line == 0 ? e.Message : $"Line {e.Line}, column {e.Column}: {e.Message}",
                e.Remedy, Extensions: new Dictionary<string, object?> { ["line"] = e.Line, ["column"] = e.Column }));
        }
    }

    private static ReadOnlySpan<byte> DocumentOf(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<Body>(body, PlatformJson.Options)?.Document is { } document ? Encoding.UTF8.GetBytes(document)
                : throw new ProblemException(new(
                    "document_required", 422, "There is no service description to check", "The document is missing.", "Send the YAML as the text of document, or as the body itself.",
                    [new("document", "required", "The YAML is needed.")]));
        }
        catch (JsonException e)
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status400BadRequest, e);
        }
    }
}
